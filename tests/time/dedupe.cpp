// SPDX-License-Identifier: BSL-1.0
#include <leat/error.hpp>
#include <leat/time/dedupe.hpp>

#include "time/with_late.hpp"

#include <string>

using windows::check_two;
using windows::letter;
using namespace std::chrono_literals;

namespace {

auto once_in(std::chrono::seconds distance, std::chrono::seconds late) {
  return leat::dedupe("once", windows::event_clock<std::string>(late), leat::within(distance));
}

std::string refusal(auto const& f) {
  try {
    f();
  } catch (leat::flow_error const& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("dedupe passes the first value on, and none for some time") {
  check_two<letter, std::string>(
      {{"k", {0, "a"}}, {"k", {1, "b"}}, {"k", {9.9, "c"}}, {"k", {10, "d"}}, {"k", {19, "e"}}, {"k", {20, "f"}}},
      [] { return once_in(10s, 0s); }, {{"k a", "k d", "k f"}, {}});
}

TEST_CASE("dedupe measures from what was passed on, not from what was dropped, for each key") {
  check_two<letter, std::string>(
      {{"k", {0, "a"}}, {"l", {3, "b"}}, {"k", {3, "c"}}, {"k", {6, "d"}}, {"l", {7, "e"}}, {"l", {8, "f"}}},
      [] { return once_in(5s, 0s); }, {{"k a", "k d", "l b", "l f"}, {}});
}

TEST_CASE("dedupe: a value that comes out of order is as near to a later one as to an earlier one") {
  check_two<letter, std::string>(
      {{"k", {10, "a"}}, {"k", {8, "b"}}, {"k", {5, "c"}}, {"k", {7.5, "d"}}, {"k", {7, "e"}}, {"k", {2, "f"}}},
      [] { return once_in(3s, 10s); }, {{"k a", "k c", "k f"}, {}});
}

TEST_CASE("dedupe: what is older than the bound is late, whether or not one like it was passed on") {
  check_two<letter, std::string>(
      {{"k", {0, "a"}}, {"k", {20, "b"}}, {"k", {14.9, "c"}}, {"k", {15, "d"}}, {"k", {0, "e"}}},
      [] { return once_in(5s, 5s); }, {{"k a", "k b", "k d"}, {"k -1: c", "k -1: e"}});
}

TEST_CASE("dedupe needs a time of more than zero, and a clock that is sound") {
  CHECK(refusal([] { once_in(0s, 0s); }).ends_with("): within(time) needs a time of more than zero"));
  CHECK(refusal([] { once_in(-1s, 0s); }).starts_with("dedupe \"once\" ("));
  CHECK(refusal([] { once_in(1s, -1s); }).find("late_by") != std::string::npos);
}
