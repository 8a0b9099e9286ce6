// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/run/stats.hpp>
#include <leat/run/stats/numbers.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace leat::detail {

/// The text of a run's numbers.
class stats_table {
 public:
  explicit stats_table(run_stats const& of) : of_(of) {}

  std::string text() {
    head();
    for (std::size_t owner = 0; owner != of_.steps.size(); ++owner) {
      if (of_.steps[owner].turn_of != owner) continue;
      row(owner);
      for (std::size_t called = 0; called != of_.steps.size(); ++called)
        if (called != owner && of_.steps[called].turn_of == owner) row(called);
    }
    text_.pop_back();
    return std::move(text_);
  }

 private:
  void head() {
    text_ = concat({"leat: flow \"", of_.flow, "\""});
    if (of_.processes > 1)
      text_ += concat({", process ", std::to_string(of_.process), " of ", std::to_string(of_.processes)});
    std::uint64_t const tenths = (of_.time + 50'000'000) / 100'000'000;
    text_ += concat({": ", std::to_string(tenths / 10), ".", std::to_string(tenths % 10), " s, ",
                     std::to_string(of_.workers), of_.workers == 1 ? " worker" : " workers", ", epoch ",
                     std::to_string(of_.epoch), "\n"});
    line("in", "out", "per second", "batches", "busy", "most", "step");
  }

  void row(std::size_t number) {
    step_stats const& step = of_.steps[number];
    bool const is_input = step.kind == "input";
    std::uint64_t const per_second =
        of_.time == 0 ? 0
                      : static_cast<std::uint64_t>(static_cast<double>(is_input ? step.out : step.in) * 1e9 /
                                                   static_cast<double>(of_.time));
    line(is_input ? "-" : with_commas(step.in), step.kind == "output" ? "-" : with_commas(step.out),
         with_commas(per_second), with_commas(step.batches), step.has_turns ? percent(step.busy, of_.workers) : "\"",
         step.has_turns ? percent(step.busiest, 1) : "\"", name_of(step));
    std::string waits;
    for (step_stats::figure const& figure : step.waits)
      if (std::string const share = percent(figure.number, of_.workers); share != "0 %")
        waits += concat(
            {waits.empty() ? "waits: " : ", ", share, " for ", figure.of.empty() ? "records" : "room at ", figure.of});
    if (!waits.empty()) below(waits);
    if (step.keeps_state) below(concat({with_commas(step.keys), step.keys == 1 ? " key" : " keys"}));
    for (step_stats::figure const& count : step.counts) below(concat({with_commas(count.number), " ", count.of}));
  }

  static std::string name_of(step_stats const& step) {
    std::string words = step.name;
    if (!words.empty() && words.find(',') == words.npos) words += concat({" (", step.kind, ")"});
    if (!step.sends_to.empty()) words += concat({words.empty() ? "-> " : " -> ", step.sends_to});
    return words;
  }

  void line(std::string_view in, std::string_view out, std::string_view rate, std::string_view batches,
            std::string_view busy, std::string_view most, std::string_view step) {
    text_ += concat({right(in, 14), right(out, 15), right(rate, 13), right(batches, 11), right(busy, 7)});
    if (of_.workers > 1) text_ += right(most, 7);
    text_ += concat({"  ", step, "\n"});
  }

  /// Below the name of a step.
  void below(std::string_view words) {
    text_.append(of_.workers > 1 ? 71 : 64, ' ');
    text_ += concat({words, "\n"});
  }

  static std::string right(std::string_view text, std::size_t width) {
    return std::string(text.size() < width ? width - text.size() : 0, ' ').append(text);
  }

  std::string percent(std::uint64_t part, unsigned workers) const {
    if (of_.time == 0) return "0 %";
    return concat({std::to_string((part * 100 / workers + of_.time / 2) / of_.time), " %"});
  }

  run_stats const& of_;
  std::string text_;
};

}  // namespace leat::detail

namespace leat {

LEAT_INLINE std::string run_stats::table() const { return detail::stats_table(*this).text(); }

}  // namespace leat
