// SPDX-License-Identifier: BSL-1.0
// Lines of text, changed, filtered, split into words, against a loop by hand that moves and never copies.
#include "measure.hpp"
#include "sources.hpp"

#include <leat/flow.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/map.hpp>
#include <leat/run/run.hpp>
#include <leat/to/output.hpp>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t lines_in_text = 4096;
constexpr int passes = 400;

std::shared_ptr<std::vector<std::string> const> text() {
  auto records = std::make_shared<std::vector<std::string>>();
  benchmark_input::chance draw;
  for (std::size_t i = 0; i != lines_in_text; ++i) {
    std::string line;
    for (int word = 0; word != 8; ++word) {
      if (word != 0) line += ' ';
      for (std::uint64_t letters = 2 + draw() % 8; letters != 0; --letters)
        line += static_cast<char>('a' + draw() % 26);
    }
    records->push_back(line);
  }
  return records;
}

std::string shout(std::string line) {
  for (char& c : line)
    if (c >= 'a' && c <= 'm') c = static_cast<char>(c - 32);
  return line;
}
bool kept(std::string const& line) { return (line.size() & 1) == 0; }
template <class Emit>
void split(std::string_view line, Emit&& emit) {
  while (!line.empty()) {
    std::size_t const end = line.find(' ');
    emit(line.substr(0, end));
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 1);
  }
}

struct letters {
  explicit letters(std::uint64_t& into) : to(&into) {}
  void operator()(std::string const& word) { sum += word.size(); }
  void flush() {
    *to += sum;
    sum = 0;
  }
  std::uint64_t* to;
  std::uint64_t sum = 0;
};

/// Both sides read the text by copying each line into a batch of their own, as a source of lines does.
class line_source {
 public:
  using record = std::string;
  explicit line_source(std::shared_ptr<std::vector<std::string> const> lines) : lines_(std::move(lines)) {}
  class part {
   public:
    explicit part(std::shared_ptr<std::vector<std::string> const> lines) : lines_(std::move(lines)) {}
    bool next_batch(leat::emitter<std::string>& out) {
      for (int n = 0; n != 512; ++n) out((*lines_)[at_++]);
      if (at_ != lines_in_text) return true;
      at_ = 0;
      return ++pass_ != passes;
    }

   private:
    std::shared_ptr<std::vector<std::string> const> lines_;
    std::size_t at_ = 0;
    int pass_ = 0;
  };
  part build(leat::step_services const&) const { return part(lines_); }

 private:
  std::shared_ptr<std::vector<std::string> const> lines_;
};

}  // namespace

int main() {
  auto const lines = text();
  std::uint64_t by_hand = 0;
  std::uint64_t by_leat = 0;
  measure::compare(
      "text: lines, map, filter 50 %, split into words", static_cast<double>(lines_in_text) * passes,
      {{"hand loop, moving",
        [&] {
          return measure::seconds_of([&] {
            letters sum(by_hand = 0);
            std::vector<std::string> batch;
            batch.reserve(512);
            for (int pass = 0; pass != passes; ++pass)
              for (std::size_t i = 0; i != lines_in_text;) {
                for (int n = 0; n != 512; ++n) batch.push_back((*lines)[i++]);
                for (std::string& line : batch) {
                  std::string changed = shout(std::move(line));
                  if (kept(changed)) split(changed, [&](std::string_view word) { sum(std::string(word)); });
                }
                batch.clear();
              }
            sum.flush();
          });
        }},
       {"leat",
        [&] {
          by_leat = 0;
          leat::flow flow("text");
          flow.input("in", line_source(lines)) | leat::map(shout) | leat::filter(kept) |
              leat::flat_map<std::string>([](std::string const& line, auto&& emit) { split(line, emit); }) |
              leat::output("out", leat::to::for_each(letters(by_leat)));
          return measure::seconds_of([&] { leat::run(flow); });
        }}},
      1.05);
  if (by_hand != by_leat) std::printf("  WRONG: the results differ\n");
}
