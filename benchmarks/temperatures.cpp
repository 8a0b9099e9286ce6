// SPDX-License-Identifier: BSL-1.0
// The one billion row challenge (Morling 2024), with as many rows as the file has: the least, mean and greatest
// temperature of each station, ordered by the stations. Against a hand-written loop that reads the file too.
#include "gather.hpp"
#include "measure.hpp"
#include "play.hpp"
#include "words_by_hand.hpp"

#include <leat/flow.hpp>
#include <leat/from/lines.hpp>
#include <leat/op/map.hpp>
#include <leat/run/run.hpp>
#include <leat/state/fold_final.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using benchmark_play::contender;
using benchmark_play::hex;
using benchmark_play::input;
using benchmark_play::outcome;

/// In tenths of a degree.
struct summary {
  int least = 999;
  int greatest = -999;
  std::int64_t sum = 0;
  std::uint64_t count = 0;
  void add(int tenths) {
    least = std::min(least, tenths);
    greatest = std::max(greatest, tenths);
    sum += tenths;
    ++count;
  }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & least & greatest & sum & count;
  }
};

using station = std::pair<std::string, summary>;

/// `{name=least/mean/greatest, ...}`; the mean is rounded up where it lies in the middle.
std::string told(std::vector<station>& stations) {
  std::sort(stations.begin(), stations.end(), [](station const& a, station const& b) { return a.first < b.first; });
  std::string text = "{";
  for (auto const& [name, of] : stations) {
    double const mean = std::floor(static_cast<double>(of.sum) / static_cast<double>(of.count) + 0.5);
    char figures[64];
    std::snprintf(figures, sizeof figures, "=%.1f/%.1f/%.1f", of.least / 10.0, (mean == 0 ? 0.0 : mean) / 10,
                  of.greatest / 10.0);
    text += (text.size() == 1 ? "" : ", ") + name + figures;
  }
  return text + "}";
}

// --- by hand -------------------------------------------------------------------------------------------------------

std::uint64_t word_at(char const* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  return word;
}

/// A bit in each byte of `word` that equals `wanted`, exact for the first (Mycroft 1987).
std::uint64_t bytes_equal(std::uint64_t word, char wanted) {
  std::uint64_t const differing = word ^ (0x0101010101010101u * static_cast<unsigned char>(wanted));
  return (differing - 0x0101010101010101u) & ~differing & 0x8080808080808080u;
}

char const* find_semicolon(char const* at) {
  for (;; at += sizeof(std::uint64_t))
    if (std::uint64_t const found = bytes_equal(word_at(at), ';')) return at + std::countr_zero(found) / 8;
}

/// Reads `-12.3` and what ends its line.
int read_tenths(char const*& at) {
  bool const negative = *at == '-';
  at += negative;
  int value = *at++ - '0';
  if (*at != '.') value = value * 10 + (*at++ - '0');
  value = value * 10 + (at[1] - '0');
  at += 3;
  return negative ? -value : value;
}

outcome summed_by_hand(std::filesystem::path const& file) {
  std::string text;
  double const seconds = measure::seconds_of([&] {
    by_hand::name_table<summary> stations;
    by_hand::each_piece(file, [&](std::string_view rows) {
      char const* at = rows.data();
      for (char const* const end = at + rows.size(); at != end;) {
        char const* const semicolon = find_semicolon(at);
        std::string_view const name(at, static_cast<std::size_t>(semicolon - at));
        at = semicolon + 1;
        int const tenths = read_tenths(at);
        stations[name].add(tenths);
      }
    });
    std::vector<station> all;
    for (auto const* entry : stations.entries()) all.emplace_back(entry->text(), entry->value);
    text = told(all);
  });
  return {seconds, hex(by_hand::crc32(text))};
}

// --- by leat -------------------------------------------------------------------------------------------------------

std::pair<std::string, int> name_and_tenths(std::string const& row) {
  std::size_t const semicolon = row.find(';');
  char const* at = row.data() + semicolon + 1;
  return {row.substr(0, semicolon), read_tenths(at)};
}

outcome summed_by_leat(std::filesystem::path const& file, unsigned workers) {
  std::string text;
  benchmark_play::gathered<station> all;
  leat::flow flow("temperatures");
  flow.input("rows", leat::from::lines(file.string()).in_ranges(workers)) | leat::map(name_and_tenths) |
      leat::fold_final(
          "summary", [] { return summary(); }, [](summary& of, int tenths) { of.add(tenths); }) |
      leat::output("out", leat::to::for_each(benchmark_play::gather(all)));
  double const seconds = measure::seconds_of([&] {
    leat::run(flow, {.workers = workers});
    text = told(all.records);
  });
  return {seconds, hex(by_hand::crc32(text))};
}

std::vector<contender> temperatures(input const& of) {
  return {{"hand", [file = of.data] { return summed_by_hand(file); }},
          {"leat -w1", [file = of.data] { return summed_by_leat(file, 1); }},
          {"leat -w2", [file = of.data] { return summed_by_leat(file, 2); }}};
}

}  // namespace

int main(int argc, char** argv) { return benchmark_play::play(argc, argv, {{"temperatures", &temperatures}}); }
