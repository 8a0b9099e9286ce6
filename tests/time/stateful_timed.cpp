// SPDX-License-Identifier: BSL-1.0
#include <leat/time/stateful_timed.hpp>

#include "time/with_late.hpp"

#include <optional>
#include <stdexcept>
#include <string>

using windows::check_two;
using windows::letter;
using windows::seconds;
using namespace std::chrono_literals;

namespace {

/// Says "unpaid" when an order has no payment within ten seconds.
class orders : public leat::timed_logic<letter, std::string, std::optional<leat::moment>> {
 public:
  explicit orders(std::optional<state> const& before) : due_(before.value_or(std::nullopt)) {}

  leat::retention on_item(letter const& next, leat::moment at, leat::logic_results<std::string>& out) {
    if (next.value == "order") due_ = leat::moment_plus(at, 10s);
    out(next.value + " at " + seconds(at));
    return next.value == "payment" ? leat::retention::discard : leat::retention::retain;
  }
  std::optional<leat::moment> alarm_at() const { return due_; }
  leat::retention on_time(leat::moment alarm, leat::logic_results<std::string>& out) {
    out("unpaid at " + seconds(alarm));
    return leat::retention::discard;
  }
  leat::retention on_eof(leat::logic_results<std::string>& out) {
    out("open at the end");
    return leat::retention::retain;
  }
  state snapshot() const { return due_; }

 private:
  state due_;
};

auto watched(std::chrono::seconds late) {
  return leat::stateful_timed("orders", windows::event_clock<std::string>(late),
                              [](std::optional<std::optional<leat::moment>> const& before) { return orders(before); });
}

/// Counts the tens of seconds that have passed, and how often it was asked.
class ticking : public leat::timed_logic<letter, std::string, leat::moment> {
 public:
  explicit ticking(std::optional<leat::moment> before) : next_(before.value_or(leat::moment::min())) {}
  leat::retention on_item(letter const&, leat::moment at, leat::logic_results<std::string>&) {
    if (next_ == leat::moment::min()) next_ = leat::moment_plus(at, 10s);
    return leat::retention::retain;
  }
  std::optional<leat::moment> alarm_at() const { return next_; }
  leat::retention on_time(leat::moment alarm, leat::logic_results<std::string>& out) {
    out(seconds(alarm));
    next_ = leat::moment_plus(alarm, 10s);
    return leat::retention::retain;
  }
  leat::moment snapshot() const { return next_; }

 private:
  leat::moment next_;
};

}  // namespace

TEST_CASE("stateful_timed rings an alarm once the bound has reached it, before the value that moved the bound") {
  check_two<std::string, std::string>(
      {{"k", {0, "order"}}, {"k", {9.9, "x"}}, {"k", {10, "y"}}}, [] { return watched(0s); },
      {{"k order at 0", "k x at 9.9", "k unpaid at 10", "k y at 10", "k open at the end"}, {}});
}

TEST_CASE("stateful_timed: a state that was discarded has no alarm, and late values come to no logic") {
  check_two<std::string, std::string>(
      {{"k", {0, "order"}}, {"k", {12, "payment"}}, {"k", {20, "order"}}, {"k", {14.9, "x"}}, {"k", {36, "y"}}},
      [] { return watched(5s); },
      {{"k order at 0", "k payment at 12", "k order at 20", "k unpaid at 30", "k y at 36", "k open at the end"},
       {"k -1: x"}});
}

TEST_CASE("stateful_timed: several alarms that one value lets ring do so one after the other") {
  check_two<std::string, std::string>({{"k", {1, "a"}}, {"l", {2, "b"}}, {"k", {35, "c"}}},
                                      [] {
                                        return leat::stateful_timed(
                                            "ticks", windows::event_clock<std::string>(0s),
                                            [](std::optional<leat::moment> before) { return ticking(before); });
                                      },
                                      {{"k 11", "k 21", "k 31"}, {}});
}
