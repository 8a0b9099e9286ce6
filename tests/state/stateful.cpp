// SPDX-License-Identifier: BSL-1.0
#include <leat/from/iterable.hpp>
#include <leat/op/map.hpp>
#include <leat/state/stateful.hpp>
#include <leat/state/stateful_batch.hpp>
#include <leat/testing.hpp>
#include <leat/to/out.hpp>

#include "state/keyed.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

using keyed::pairs;
using namespace std::chrono_literals;

namespace {

/// Reports each call, and what the state was before it; the states are NEW, ITEM, EOF.
class reporter : public leat::stateful_logic<int, std::string, std::string> {
 public:
  reporter(std::optional<std::string> before, leat::retention then) : state_(before.value_or("NEW")), then_(then) {}

  leat::retention on_item(int, leat::logic_results<std::string>& out) { return go_on("ITEM", out); }
  leat::retention on_batch(std::span<int> values, leat::logic_results<std::string>& out) {
    for (int const x : values) out(std::to_string(x));
    return go_on("BATCH", out);
  }
  leat::retention on_eof(leat::logic_results<std::string>& out) { return go_on("EOF", out); }
  std::string snapshot() const { return state_; }

 private:
  leat::retention go_on(char const* next, leat::logic_results<std::string>& out) {
    out(state_ + " " + next);
    state_ = next;
    return then_;
  }

  std::string state_;
  leat::retention then_;
};

/// Wants to be told after a while of silence; a value 0 calls that off.
class alarm_clock : public leat::stateful_logic<int, std::string, leat::wall_time> {
 public:
  explicit alarm_clock(std::optional<leat::wall_time> due) : due_(due) {}
  leat::retention on_item(int x, leat::logic_results<std::string>& out) {
    due_.reset();
    if (x != 0) due_ = out.now() + std::chrono::seconds(x);
    return leat::retention::retain;
  }
  leat::retention on_notify(leat::logic_results<std::string>& out) {
    out("rang");
    due_.reset();
    return leat::retention::discard;
  }
  std::optional<leat::wall_time> notify_at() const { return due_; }
  leat::wall_time snapshot() const { return due_.value_or(leat::wall_time()); }

 private:
  std::optional<leat::wall_time> due_;
};

/// A number that cannot be copied.
struct owned {
  owned() = default;
  explicit owned(int number) : n(number) {}
  owned(owned const&) = delete;
  owned(owned&&) = default;
  owned& operator=(owned const&) = delete;
  owned& operator=(owned&&) = default;
  ~owned() = default;
  template <class A>
  void serialize(A& archive, unsigned) {
    archive & n;
  }
  int n = 0;
};

/// Gives back what it is given.
class passer_on : public leat::stateful_logic<owned, owned, int> {
 public:
  leat::retention on_item(owned given, leat::logic_results<owned>& out) {
    out(std::move(given));
    return leat::retention::retain;
  }
  leat::retention on_batch(std::span<owned> batch, leat::logic_results<owned>& out) {
    for (owned& given : batch) out(std::move(given));
    return leat::retention::retain;
  }
  int snapshot() const { return 0; }
};

template <class Step>
std::vector<int> passed_on(Step step, leat::test::shape const& shape) {
  std::vector<int> numbers;
  leat::flow flow("owned");
  flow.input("in", leat::from::iterable(std::vector{1, 2, 3, 4, 5})) |
      leat::map([](int n) { return std::pair(n % 2, owned(n)); }) | std::move(step) |
      leat::map([](std::pair<int, owned> const& r) { return r.second.n; }) |
      leat::output("out", leat::to::collect(numbers));
  shape.run(flow, numbers);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

auto reporting(leat::retention then) {
  return leat::stateful("report",
                        [then](std::optional<std::string> state) { return reporter(std::move(state), then); });
}

}  // namespace

TEST_CASE("a logic that is retained goes on from its state, and hears of the end") {
  keyed::check(
      pairs<std::string, int>{{"a", 1}, {"b", 1}, {"a", 2}}, [] { return reporting(leat::retention::retain); },
      pairs<std::string, std::string>{
          {"a", "NEW ITEM"}, {"a", "ITEM ITEM"}, {"a", "ITEM EOF"}, {"b", "NEW ITEM"}, {"b", "ITEM EOF"}});
}

TEST_CASE("a logic that is discarded begins anew, and does not hear of the end") {
  keyed::check(
      pairs<std::string, int>{{"a", 1}, {"a", 2}}, [] { return reporting(leat::retention::discard); },
      pairs<std::string, std::string>{{"a", "NEW ITEM"}, {"a", "NEW ITEM"}});
}

TEST_CASE("stateful_batch gets the values of a key together, keys ascending") {
  leat::flow flow("batch");
  flow.input("in", leat::from::iterable(pairs<std::string, int>{})) |
      leat::stateful_batch(
          "report",
          [](std::optional<std::string> state) { return reporter(std::move(state), leat::retention::retain); }) |
      leat::output("out", leat::to::out());
  leat::test::result const r =
      leat::test::run(flow).feed("in", pairs<std::string, int>{{"b", 1}, {"a", 2}, {"b", 3}, {"a", 4}});
  CHECK(r.of<std::pair<std::string, std::string>>("out") == pairs<std::string, std::string>{{"a", "2"},
                                                                                            {"a", "4"},
                                                                                            {"a", "NEW BATCH"},
                                                                                            {"b", "1"},
                                                                                            {"b", "3"},
                                                                                            {"b", "NEW BATCH"},
                                                                                            {"a", "BATCH EOF"},
                                                                                            {"b", "BATCH EOF"}});
}

TEST_CASE("values and results that cannot be copied pass through a logic") {
  auto const logic = [](std::optional<int>) { return passer_on(); };
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    CHECK(passed_on(leat::stateful("one by one", logic), shape) == std::vector{1, 2, 3, 4, 5});
    CHECK(passed_on(leat::stateful_batch("together", logic), shape) == std::vector{1, 2, 3, 4, 5});
  });
}

TEST_CASE("a key is notified at the time it wants, on any worker") {
  for (unsigned const processes : {1u, 2u}) {
    CAPTURE(processes);
    leat::flow flow("alarms");
    flow.input("in", leat::from::iterable(pairs<std::string, int>{})) |
        leat::stateful("clock", [](std::optional<leat::wall_time> due) { return alarm_clock(due); }) |
        leat::output("out", leat::to::out());
    leat::test::cluster c{flow, leat::test::seed(7), {.processes = processes, .workers = 2}};
    using alarms = pairs<std::string, std::string>;
    auto rang = [&] { return c.of<std::pair<std::string, std::string>>("out"); };

    c.feed("in", pairs<std::string, int>{{"early", 10}, {"late", 100}, {"never", 20}, {"put off", 5}});
    c.advance(4s);
    CHECK(rang().empty());
    c.feed("in", pairs<std::string, int>{{"never", 0}, {"put off", 50}});
    c.advance(7s);
    CHECK(rang() == alarms{{"early", "rang"}});
    c.advance(60s);
    CHECK(rang() == alarms{{"early", "rang"}, {"put off", "rang"}});
    c.advance(60s);
    CHECK(rang() == alarms{{"early", "rang"}, {"put off", "rang"}, {"late", "rang"}});
    c.finish();
    CHECK(rang().size() == 3);
  }
}
