// SPDX-License-Identifier: BSL-1.0
// How often each word occurs in a file, ordered by the words: against a hand-written loop that reads the file too.
#include "gather.hpp"
#include "measure.hpp"
#include "play.hpp"
#include "words_by_hand.hpp"

#include <leat/flow.hpp>
#include <leat/from/lines.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/run/run.hpp>
#include <leat/state/count_final.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include <algorithm>
#include <cstdint>
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
using word_and_count = std::pair<std::string, std::uint64_t>;

template <class Emit>
void split(std::string_view text, Emit&& emit) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i != text.size(); ++i)
    if (text[i] == ' ' || text[i] == '\n') {
      if (begin != i) emit(text.substr(begin, i - begin));
      begin = i + 1;
    }
  if (begin != text.size()) emit(text.substr(begin));
}

/// Depends on each word and its count, and not on their order.
std::string digest(std::vector<word_and_count> const& counted) {
  std::uint64_t sum = 0;
  for (auto const& [word, count] : counted) sum += by_hand::crc32(word) * count * count;
  return hex(sum);
}

outcome counted_by_hand(std::filesystem::path const& file) {
  std::vector<word_and_count> counted;
  double const seconds = measure::seconds_of([&] {
    by_hand::name_table<std::uint64_t> counts;
    by_hand::each_piece(file,
                        [&](std::string_view text) { split(text, [&](std::string_view word) { ++counts[word]; }); });
    auto entries = counts.entries();
    std::sort(entries.begin(), entries.end(), [](auto const* a, auto const* b) { return a->text() < b->text(); });
    counted.reserve(entries.size());
    for (auto const* entry : entries) counted.emplace_back(entry->text(), entry->value);
  });
  return {seconds, digest(counted)};
}

outcome counted_by_leat(std::filesystem::path const& file, unsigned workers) {
  benchmark_play::gathered<word_and_count> counted;
  leat::flow flow("word count");
  flow.input("text", leat::from::lines(file.string()).in_ranges(workers)) |
      leat::flat_map<std::string>([](std::string const& line, auto&& emit) {
        split(line, [&](std::string_view word) { emit(std::string(word)); });
      }) |
      leat::count_final("count", [](std::string&& word) { return std::move(word); }) |
      leat::output("out", leat::to::for_each(benchmark_play::gather(counted)));
  double const seconds = measure::seconds_of([&] { leat::run(flow, {.workers = workers}); });
  return {seconds, digest(counted.records)};
}

std::vector<contender> word_count(input const& of) {
  return {{"hand", [file = of.data] { return counted_by_hand(file); }},
          {"leat -w1", [file = of.data] { return counted_by_leat(file, 1); }},
          {"leat -w2", [file = of.data] { return counted_by_leat(file, 2); }}};
}

}  // namespace

int main(int argc, char** argv) { return benchmark_play::play(argc, argv, {{"word_count", &word_count}}); }
