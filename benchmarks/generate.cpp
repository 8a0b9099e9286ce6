// SPDX-License-Identifier: BSL-1.0
// Writes what the suite's programs and those of its peers read, always the same bytes for the same arguments:
//   generate random COUNT 0 FILE          numbers of 64 bits, little-endian
//   generate uniform COUNT KEYS FILE      keys, each as likely
//   generate zipf COUNT KEYS FILE         keys by Zipf's law with exponent 1
//   generate words COUNT WORDS FILE       lines of ten words, by Zipf's law with exponent 1
//   generate stations COUNT NAMES FILE    `name;temperature` lines
#include "sources.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace {

/// Gathers bytes and writes them in large pieces.
class file {
 public:
  explicit file(char const* path) : to_(std::fopen(path, "wb")) {
    if (to_ == nullptr) throw std::runtime_error(std::string("cannot write ") + path);
  }
  file(file const&) = delete;
  file& operator=(file const&) = delete;
  ~file() {
    if (to_ != nullptr) std::fclose(to_);
  }

  void put(void const* bytes, std::size_t count) {
    waiting_.append(static_cast<char const*>(bytes), count);
    if (waiting_.size() >= most_waiting) write();
  }
  void put(std::string const& text) { put(text.data(), text.size()); }
  void close() {
    write();
    if (std::fclose(std::exchange(to_, nullptr)) != 0) throw std::runtime_error("cannot write all of it");
  }

 private:
  static constexpr std::size_t most_waiting = 1 << 20;
  void write() {
    if (std::fwrite(waiting_.data(), 1, waiting_.size(), to_) != waiting_.size())
      throw std::runtime_error("cannot write all of it");
    waiting_.clear();
  }
  std::FILE* to_;
  std::string waiting_;
};

void put_numbers(benchmark_input::shared_records<std::uint64_t> const& values, file& to) {
  to.put(values->data(), values->size() * sizeof(std::uint64_t));
}

/// Words or names that are all different. Some letters take two bytes where `accents`.
std::vector<std::string> names(std::size_t count, std::size_t shortest, std::size_t longest, bool accents) {
  char const* const letters[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m",
                                 "n", "o", "p", "r", "s", "t", "u", "v", "z", "ä", "é", "ñ"};
  std::size_t const usable = std::size(letters) - (accents ? 0 : 3);
  benchmark_input::chance draw;
  std::unordered_set<std::string> known;
  std::vector<std::string> result;
  while (result.size() != count) {
    std::string name;
    for (std::size_t left = shortest + draw() % (longest - shortest + 1); left != 0; --left)
      name += letters[draw() % usable];
    if (known.insert(name).second) result.push_back(name);
  }
  return result;
}

void put_words(std::size_t count, std::size_t distinct, file& to) {
  auto const vocabulary = names(distinct, 4, 11, false);
  auto const ranks = benchmark_input::zipf_ranks(count, distinct);
  for (std::size_t i = 0; i != count; ++i) {
    to.put(vocabulary[ranks[i]]);
    to.put(i % 10 == 9 || i + 1 == count ? "\n" : " ", 1);
  }
}

/// Temperatures around the mean of each station, from -99.9 to 99.9, by the polar method (Marsaglia, Bray 1964).
void put_stations(std::size_t count, std::size_t distinct, file& to) {
  auto const stations = names(distinct, 3, 20, true);
  benchmark_input::chance draw;
  std::vector<double> means(distinct);
  for (double& mean : means) mean = draw.uniform() * 50 - 15;
  for (std::size_t i = 0; i != count; ++i) {
    std::size_t const station = draw() % distinct;
    double x = 0;
    double square = 0;
    do {
      x = 2 * draw.uniform() - 1;
      double const y = 2 * draw.uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square == 0);
    double const degrees = means[station] + 10 * x * std::sqrt(-2 * std::log(square) / square);
    long const tenths = std::lround(std::min(99.9, std::max(-99.9, degrees)) * 10);
    char text[16];
    int const length = std::snprintf(text, sizeof text, ";%s%ld.%ld\n", tenths < 0 ? "-" : "", std::labs(tenths) / 10,
                                     std::labs(tenths) % 10);
    to.put(stations[station]);
    to.put(text, static_cast<std::size_t>(length));
  }
}

}  // namespace

int main(int argc, char** argv) try {
  std::map<std::string, std::function<void(std::size_t, std::size_t, file&)>> const kinds = {
      {"random",
       [](std::size_t count, std::size_t, file& to) { put_numbers(benchmark_input::random_numbers(count), to); }},
      {"uniform", [](std::size_t count, std::size_t keys,
                     file& to) { put_numbers(benchmark_input::uniform_keys(count, keys), to); }},
      {"zipf",
       [](std::size_t count, std::size_t keys, file& to) { put_numbers(benchmark_input::zipf_keys(count, keys), to); }},
      {"words", &put_words},
      {"stations", &put_stations}};
  if (argc != 5 || kinds.count(argv[1]) == 0) {
    std::cerr << "usage: " << argv[0] << " random|uniform|zipf|words|stations COUNT DISTINCT FILE\n";
    return 2;
  }
  file to(argv[4]);
  kinds.at(argv[1])(std::stoull(argv[2]), std::stoull(argv[3]), to);
  to.close();
  return 0;
} catch (std::exception const& failure) {
  std::cerr << argv[0] << ": " << failure.what() << '\n';
  return 1;
}
