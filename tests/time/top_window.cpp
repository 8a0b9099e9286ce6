// SPDX-License-Identifier: BSL-1.0
#include <leat/error.hpp>
#include <leat/time/top_window.hpp>

#include "time/windows.hpp"

#include <string>
#include <vector>

using namespace std::chrono_literals;
using windows::dated;
using windows::t0;

namespace {

using number = dated<int>;

auto greatest(std::size_t n, std::chrono::seconds late) {
  return leat::top_window("top", windows::event_clock<int>(late), leat::tumbling(1min, t0), n, &number::value);
}

}  // namespace

TEST_CASE("top_window: the greatest values of each window, the greatest first") {
  windows::check<std::vector<number>, int>(
      {{"k", {1, 3}}, {"k", {2, 9}}, {"k", {3, 1}}, {"k", {4, 7}}, {"k", {61, 2}}, {"l", {1, 5}}},
      [] { return greatest(2, 0s); },
      {{"k 0: [9, 7]", "k 1: [2] at the end", "l 0: [5] at the end"},
       {},
       {"k 0: [0, 60]", "k 1: [60, 120]", "l 0: [0, 60]"}});
}

TEST_CASE("top_window: of equal values those that came first, and those that are late do not count") {
  using named = std::vector<dated<std::string>>;
  windows::check<named, std::string>(
      {{"k", {1, "bb"}}, {"k", {2, "aa"}}, {"k", {3, "c"}}, {"k", {0, "ddd"}}, {"k", {4, "ee"}}},
      [] {
        return leat::top_window("top", windows::event_clock<std::string>(0s), leat::tumbling(1min, t0), 3,
                                [](dated<std::string> const& of) { return of.value.size(); });
      },
      {{"k 0: [bb, aa, ee] at the end"}, {"k 0: ddd"}, {"k 0: [0, 60]"}});
}

TEST_CASE("top_window keeps one value or more") {
  std::string said;
  try {
    greatest(0, 0s);
  } catch (leat::flow_error const& error) {
    said = error.what();
  }
  CHECK(said.starts_with("top_window \"top\" ("));
  CHECK(said.ends_with("): it keeps no value: n must be 1 or more"));
}
