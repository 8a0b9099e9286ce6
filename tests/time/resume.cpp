// SPDX-License-Identifier: BSL-1.0
#include "time/windows.hpp"

#include <leat/op/branch.hpp>
#include <leat/op/map.hpp>

#include "fixture/interrupted_runs.hpp"
#include "fixture/memory_recovery.hpp"
#include "sanitizers.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// A flow with windows that is stopped, or fails, is gone on from by other processes and workers: all runs together
/// give what one undisturbed run gives, and the same records are late.

using leat::test::interruption;
using leat::test::journal;
using leat::test::lines_by_key;
using leat::test::memory_recovery;
using leat::test::mixed;
using leat::test::one_at_a_time;
using leat::test::to_journal;
using windows::t0;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t seeds = sanitizers::slow ? 8 : 30;

using number = windows::dated<int>;
using record = std::pair<std::string, number>;

/// Two keys of each of three partitions, whose times go on with some disorder: a few records are late, with 3 s to wait
/// as with 9 s.
std::vector<std::vector<record>> input() {
  std::vector<std::vector<record>> lists(3);
  for (int i = 0; i != 60; ++i) {
    std::string const key(1, static_cast<char>('a' + i % 3 * 3 + i / 3 % 2));
    lists[static_cast<std::size_t>(i % 3)].push_back({key, {static_cast<double>(i + i * i / 6 * 7 % 11 * 2), i}});
  }
  return lists;
}

template <class R>
leat::test::journal_line journal_line(std::pair<std::string, R> const& result) {
  if constexpr (requires { windows::line(result.second); })
    return {result.first, windows::line(result.second)};
  else
    return {result.first, leat::text(result.second)};
}

struct outputs {
  journal down;
  journal late;
  journal meta;
};

leat::flow build(std::vector<std::vector<record>> const& records, auto const& step, interruption& at, outputs& out) {
  leat::flow flow("interrupted");
  auto const streams = flow.input("in", one_at_a_time<record>(records)) |
                       leat::map("interrupt",
                                 [&at](record each) {
                                   at();
                                   return each;
                                 }) |
                       step();
  auto const as_line = [](auto const& result) { return journal_line(result); };
  streams.down | leat::map("down line", as_line) | leat::output("down", to_journal(out.down));
  streams.late | leat::map("late line", as_line) | leat::output("late", to_journal(out.late));
  if constexpr (requires { streams.meta; })
    streams.meta | leat::map("meta line", as_line) | leat::output("meta", to_journal(out.meta));
  return flow;
}

/// Runs on from the store; true when the run came to its end by itself.
bool run_on(memory_recovery& store, outputs& out, std::uint64_t chance, auto const& build_flow, interruption& at,
            bool to_the_end) {
  auto const simulation = leat::test::simulation_of(chance, &store);
  std::uint64_t const epoch = store.open(simulation.processes * simulation.options.workers);
  for (journal* each : {&out.down, &out.late, &out.meta}) each->go_back_to(epoch);
  leat::flow const flow = build_flow(out);
  leat::detail::simulated_cluster cluster(flow.description(), simulation);
  leat::test::decide_for(store, cluster, simulation.processes);
  bool const fails = chance / 27 % 2 == 0;
  if (to_the_end)
    at.never();
  else
    at.at(1 + static_cast<int>(chance / 54 % 30), [&cluster, fails] {
      if (fails) throw std::runtime_error("a crash");
      cluster.process(0).stop();
    });
  try {
    cluster.run();
  } catch (leat::run_error const&) {
    CHECK(fails);
    return false;
  }
  return !at.took_place();
}

template <class Step>
void survives(Step const& step) {
  interruption at;
  auto const build_flow = [&](outputs& out) { return build(input(), step, at, out); };
  outputs undisturbed;
  {
    leat::flow const flow = build_flow(undisturbed);
    leat::detail::simulated_cluster(flow.description(), leat::test::simulation_of(1, nullptr)).run();
  }
  REQUIRE_FALSE(undisturbed.down.results().empty());
  REQUIRE_FALSE(undisturbed.late.results().empty());
  for (std::uint64_t seed = 0; seed != seeds; ++seed) {
    CAPTURE(seed);
    memory_recovery store;
    outputs out;
    std::uint64_t chance = mixed(seed);
    // Whoever has come to the end goes on with what is new: there is nothing, so nothing is said twice.
    for (int run = 0; run != 6; ++run) run_on(store, out, chance = mixed(chance), build_flow, at, run >= 4);
    CHECK(out.down.results() == undisturbed.down.results());
    CHECK(out.late.results() == undisturbed.late.results());
    CHECK(out.meta.results() == undisturbed.meta.results());
  }
}

/// A join of the even values with the odd ones.
template <class Join>
class joins_even_and_odd {
 public:
  explicit joins_even_and_odd(Join join) : join_(join) {}

  template <class S>
  friend auto operator|(S&& up, joins_even_and_odd const& self) {
    auto const sides =
        std::forward<S>(up) | leat::branch("parity", [](record const& each) { return each.second.value % 2 == 0; });
    return self.join_(sides.trues, sides.falses);
  }

 private:
  Join join_;
};

auto three_seconds_late() { return windows::event_clock<int>(3s); }
auto three_seconds_late_of_stream() { return leat::stream_clock(&number::time, leat::late_by(3s), leat::data_only()); }
std::vector<int> none() { return {}; }
void add(std::vector<int>& numbers, number const& next) { numbers.push_back(next.value); }
void add_all(std::vector<int>& earlier, std::vector<int> const& later) {
  earlier.insert(earlier.end(), later.begin(), later.end());
}

/// Says each value, and their sum when the window closes.
class telling : public leat::window_logic<number, std::string, int> {
 public:
  explicit telling(std::optional<int> before) : sum_(before.value_or(0)) {}
  void on_value(number const& next, leat::logic_results<std::string>& out) {
    sum_ += next.value;
    out(std::to_string(next.value));
  }
  void on_merge(telling&& later, leat::logic_results<std::string>& out) {
    sum_ += later.sum_;
    out("merged");
  }
  void on_close(leat::logic_results<std::string>& out) { out("sum " + std::to_string(sum_)); }
  int snapshot() const { return sum_; }

 private:
  int sum_;
};

/// Says each value, and when none has come for four seconds.
class watching : public leat::timed_logic<number, std::string, std::pair<leat::moment, int>> {
 public:
  explicit watching(std::optional<state> before) : last_(before.value_or(state())) {}
  leat::retention on_item(number const& next, leat::moment at, leat::logic_results<std::string>& out) {
    if (last_.second++ == 0 || at > last_.first) last_.first = at;
    out(std::to_string(next.value));
    return leat::retention::retain;
  }
  std::optional<leat::moment> alarm_at() const { return leat::moment_plus(last_.first, 4s); }
  leat::retention on_time(leat::moment alarm, leat::logic_results<std::string>& out) {
    out("silent at " + windows::seconds(alarm) + " after " + std::to_string(last_.second));
    return leat::retention::discard;
  }
  state snapshot() const { return last_; }

 private:
  state last_;
};

/// Runs the first of these lists to its end, then goes on with what follows, by other workers.
lines_by_key continued(std::vector<std::vector<record>> const& lists, auto const& step, journal outputs::* of) {
  lines_by_key results;
  for (std::uint64_t seed = 0; seed != seeds; ++seed) {
    memory_recovery store;
    interruption at;
    outputs out;
    std::vector<record> so_far;
    std::uint64_t chance = mixed(seed);
    for (std::vector<record> const& list : lists) {
      so_far.insert(so_far.end(), list.begin(), list.end());
      auto const build_flow = [&](outputs& to) { return build({so_far}, step, at, to); };
      run_on(store, out, chance = mixed(chance), build_flow, at, true);
    }
    if (seed == 0)
      results = (out.*of).results();
    else
      CHECK((out.*of).results() == results);
  }
  return results;
}

}  // namespace

TEST_CASE("21: tumbling windows survive crashes and stops, and the same records are late") {
  survives([] { return leat::fold_window("w", three_seconds_late(), leat::tumbling(7s, t0), none, add); });
  survives(
      [] { return leat::fold_window("w", three_seconds_late(), leat::tumbling(7s, t0), none, add, leat::unordered); });
}

TEST_CASE("sliding and cumulating windows survive crashes and stops") {
  survives([] { return leat::fold_window("w", three_seconds_late(), leat::sliding(12s, 5s, t0), none, add); });
  survives(
      [] { return leat::collect_window("w", three_seconds_late(), leat::cumulating(12s, 4s, t0), leat::unordered); });
}

TEST_CASE("windows by the clock of the stream survive crashes and stops") {
  auto const with = [](auto windower, auto... options) {
    return leat::fold_window("w", three_seconds_late_of_stream(), windower, none, add, options...);
  };
  survives([&] { return with(leat::tumbling(7s, t0)); });
  survives([&] { return with(leat::tumbling(7s, t0), leat::unordered); });
  survives([&] { return with(leat::sliding(12s, 5s, t0), leat::unordered); });
}

TEST_CASE("sessions survive crashes and stops") {
  survives([] { return leat::fold_window("w", three_seconds_late(), leat::session(4s), none, add); });
  survives([] {
    return leat::fold_window("w", windows::event_clock<int>(9s), leat::session(5s), none, add, add_all,
                             leat::unordered);
  });
}

TEST_CASE("a window's own logic survives crashes and stops") {
  auto const builder = [](std::optional<int> before) { return telling(before); };
  survives([&] { return leat::window("w", three_seconds_late(), leat::tumbling(7s, t0), builder); });
  survives(
      [&] { return leat::window("w", windows::event_clock<int>(9s), leat::session(5s), builder, leat::unordered); });
}

TEST_CASE("windows that take corrections survive crashes and stops") {
  auto const clock = [] { return leat::event_clock(&number::time, leat::late_by(1s), leat::corrections(7s)); };
  survives([&] { return leat::fold_window("w", clock(), leat::tumbling(7s, t0), none, add, leat::unordered); });
  survives([&] {
    return leat::collect_window("w", clock(), leat::sliding(12s, 5s, t0), leat::unordered,
                                leat::early(leat::after_records(1)), leat::discarding);
  });
  survives([&] { return leat::fold_window("w", clock(), leat::session(4s), none, add, add_all, leat::unordered); });
}

TEST_CASE("top_window, dedupe and alarms survive crashes and stops") {
  survives([] { return leat::top_window("w", three_seconds_late(), leat::tumbling(7s, t0), 3, &number::value); });
  survives([] { return leat::dedupe("w", three_seconds_late(), leat::within(5s)); });
  survives([] {
    return leat::stateful_timed("w", three_seconds_late(),
                                [](std::optional<watching::state> before) { return watching(before); });
  });
}

TEST_CASE("joins by event time survive crashes and stops") {
  auto const joined = [](auto join) { return [join] { return joins_even_and_odd(join); }; };
  survives(joined([](auto const& even, auto const& odd) {
    return leat::join_window("w", three_seconds_late(), leat::tumbling(7s, t0), leat::join_insert::product, even, odd);
  }));
  survives(joined([](auto const& even, auto const& odd) {
    return leat::join_window("w", three_seconds_late(), leat::session(4s), leat::join_emit::running, even, odd);
  }));
  survives(
      joined([](auto const& even, auto const& odd) { return leat::join_as_of("w", three_seconds_late(), even, odd); }));
}

TEST_CASE("30: a stop in the middle of a window says nothing, and the window is whole afterwards") {
  std::vector<record> const records{{"k", {1, 1}}, {"k", {2, 2}}, {"k", {12, 3}}};
  for (std::uint64_t seed = 0; seed != seeds; ++seed) {
    memory_recovery store;
    interruption at;
    outputs out;
    auto const step = [] { return leat::fold_window("w", three_seconds_late(), leat::tumbling(10s, t0), none, add); };
    auto const build_flow = [&](outputs& to) { return build({records}, step, at, to); };
    std::uint64_t chance = mixed(seed);
    do chance = mixed(chance);
    while (chance / 27 % 2 == 0 || chance / 54 % 30 > 1);  // a stop, at one of the first two records
    run_on(store, out, chance, build_flow, at, false);
    CHECK(out.down.results().empty());
    run_on(store, out, mixed(chance), build_flow, at, true);
    CHECK(out.down.results() == lines_by_key{{"k", {"0: [1, 2] at the end", "1: [3] at the end"}}});
    CHECK(out.late.results().empty());
  }
}

TEST_CASE("after an end windows go on: what changes is corrected, what does not is not said again") {
  auto const step = [] { return leat::fold_window("w", three_seconds_late(), leat::tumbling(10s, t0), none, add); };
  std::vector<std::vector<record>> const lists{
      {{"same", {1, 1}}, {"more", {1, 1}}, {"closed", {1, 1}}, {"late", {30, 1}}},
      {{"more", {2, 2}}, {"closed", {25, 2}}, {"late", {5, 2}}},
      {{"more", {3, 3}}}};
  CHECK(continued(lists, step, &outputs::down) ==
        lines_by_key{{"closed", {"0: [1] at the end", "2: [2] at the end"}},
                     {"late", {"3: [1] at the end"}},
                     {"more", {"0: [1] at the end", "0: [1, 2] correction", "0: [1, 2, 3] correction"}},
                     {"same", {"0: [1] at the end"}}});
  CHECK(continued(lists, step, &outputs::late) == lines_by_key{{"late", {"0: 2"}}});
  CHECK(continued(lists, step, &outputs::meta) == lines_by_key{{"closed", {"0: [0, 10]", "2: [20, 30]"}},
                                                               {"late", {"3: [30, 40]"}},
                                                               {"more", {"0: [0, 10]"}},
                                                               {"same", {"0: [0, 10]"}}});
}

TEST_CASE("after an end windows by the clock of the stream go on") {
  auto const step = [] {
    return leat::fold_window("w", three_seconds_late_of_stream(), leat::tumbling(10s, t0), none, add, leat::unordered);
  };
  std::vector<std::vector<record>> const lists{{{"same", {1, 1}}, {"more", {2, 1}}, {"closed", {1, 1}}},
                                               {{"more", {1, 2}}, {"new", {3, 2}}},
                                               {{"more", {2, 3}}, {"closed", {14, 2}}},
                                               {{"more", {3, 4}}, {"new", {15, 4}}}};
  CHECK(continued(lists, step, &outputs::down) ==
        lines_by_key{{"closed", {"0: [1] at the end", "1: [2] at the end"}},
                     {"more", {"0: [1] at the end", "0: [1, 2] correction", "0: [1, 2, 3] correction"}},
                     {"new", {"0: [2] at the end", "1: [4] at the end"}},
                     {"same", {"0: [1] at the end"}}});
  CHECK(continued(lists, step, &outputs::late) == lines_by_key{{"more", {"0: 4"}}});
  CHECK(continued(lists, step, &outputs::meta) == lines_by_key{{"closed", {"0: [0, 10]", "1: [10, 20]"}},
                                                               {"more", {"0: [0, 10]"}},
                                                               {"new", {"0: [0, 10]", "1: [10, 20]"}},
                                                               {"same", {"0: [0, 10]"}}});
}

TEST_CASE("after an end values that waited for their order still do") {
  auto const step = [] {
    return leat::fold_window("w", windows::event_clock<int>(5s), leat::tumbling(10s, t0), none, add);
  };
  std::vector<std::vector<record>> const lists{{{"k", {4, 4}}, {"k", {2, 2}}}, {{"k", {3, 3}}}, {{"k", {20, 5}}}};
  CHECK(continued(lists, step, &outputs::down) ==
        lines_by_key{{"k", {"0: [2, 4] at the end", "0: [2, 3, 4] correction", "2: [5] at the end"}}});
}

TEST_CASE("after an end a session that grows is told of with its new bounds") {
  auto const step = [] {
    return leat::fold_window("w", windows::event_clock<int>(30s), leat::session(5s), none, add, add_all,
                             leat::unordered);
  };
  std::vector<std::vector<record>> const lists{{{"k", {10, 1}}, {"k", {20, 2}}}, {{"k", {15, 3}}}, {{"k", {8, 4}}}, {}};
  CHECK(continued(lists, step, &outputs::down) ==
        lines_by_key{{"k",
                      {"10s: [1] at the end", "20s: [2] at the end", "10s: [1, 3, 2] correction",
                       "8s: [1, 3, 2, 4] correction"}}});
  CHECK(continued(lists, step, &outputs::meta) ==
        lines_by_key{{"k", {"10s: [10, 10]", "20s: [20, 20]", "10s: [10, 20] +20s", "8s: [8, 20] +10s +20s"}}});
}

TEST_CASE("after an end windows that have closed take corrections") {
  auto const step = [] {
    return leat::fold_window("w", leat::event_clock(&number::time, leat::late_by(0s), leat::corrections(20s)),
                             leat::tumbling(10s, t0), none, add, leat::unordered);
  };
  std::vector<std::vector<record>> const lists{
      {{"k", {1, 1}}, {"k", {12, 2}}}, {}, {{"k", {2, 3}}, {"k", {31, 4}}, {"k", {3, 5}}}, {{"k", {13, 6}}}};
  CHECK(continued(lists, step, &outputs::down) == lines_by_key{{"k",
                                                                {"0: [1]", "1: [2] at the end", "0: [1, 3] correction",
                                                                 "3: [4] at the end", "1: [2, 6] correction"}}});
  CHECK(continued(lists, step, &outputs::late) == lines_by_key{{"k", {"0: 5"}}});
}

TEST_CASE("a window of so many values goes on after an end") {
  auto const step = [] { return leat::fold_window("w", leat::counting(3), none, add); };
  std::vector<std::vector<record>> const lists{
      {{"k", {1, 1}}, {"k", {1, 2}}}, {}, {{"k", {1, 3}}, {"k", {1, 4}}, {"k", {1, 5}}, {"k", {1, 6}}}};
  CHECK(continued(lists, step, &outputs::down) ==
        lines_by_key{{"k", {"0: [1, 2] at the end", "0: [1, 2, 3] correction", "3: [4, 5, 6]"}}});
}

TEST_CASE("a run that goes on with another windower is refused, and told both") {
  memory_recovery store;
  interruption at;
  outputs out;
  auto const run = [&](leat::tumbling windower) {
    auto const step = [&] { return leat::fold_window("w", three_seconds_late(), windower, none, add); };
    run_on(store, out, 54, [&](outputs& to) { return build(input(), step, at, to); }, at, true);
  };
  run(leat::tumbling(10s, t0));
  run(leat::tumbling(10s, t0));
  try {
    auto const step = [&] { return leat::fold_window("w", three_seconds_late(), leat::tumbling(20s, t0), none, add); };
    leat::flow const flow = build(input(), step, at, out);
    auto const simulation = leat::test::simulation_of(54, &store);
    store.open(simulation.processes * simulation.options.workers);
    leat::detail::simulated_cluster(flow.description(), simulation).run();
    FAIL("it was not refused");
  } catch (leat::run_error const& error) {
    std::string const text = error.what();
    CHECK(text.find("event_clock, late by 3s; tumbling 10s from") != std::string::npos);
    CHECK(text.find("event_clock, late by 3s; tumbling 20s from") != std::string::npos);
    CHECK(text.find("interrupted.w") != std::string::npos);
  }
}
