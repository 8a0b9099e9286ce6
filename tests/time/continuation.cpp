// SPDX-License-Identifier: BSL-1.0
#include <leat/time/counted_windows.hpp>
#include <leat/time/counting.hpp>
#include <leat/time/early.hpp>
#include <leat/time/early_content.hpp>
#include <leat/time/event_clock.hpp>
#include <leat/time/key_windows.hpp>
#include <leat/time/session.hpp>
#include <leat/time/sessions.hpp>
#include <leat/time/tumbling.hpp>
#include <leat/time/window_machine.hpp>

#include <doctest/doctest.h>

#include "time/key_of_runs.hpp"

#include <chrono>

/// One key, from the end of an input on into the next one.

using namespace key_of_runs;
using namespace std::chrono_literals;

namespace {

auto clock_of(std::chrono::nanoseconds late) {
  return leat::event_clock(&letter::at, leat::late_by(late), leat::credible(leat::forever));
}
auto ordered_tumbling(std::chrono::nanoseconds late) {
  using windows = leat::detail::key_windows<leat::tumbling, content>;
  using machine = leat::detail::window_machine<decltype(clock_of(late)), windows, true>;
  return resumed_key<machine>(machine(clock_of(late), windows(leat::tumbling(10ns), content(none, add, add_all))));
}
/// Windows of ten, that give a result early each two letters.
template <leat::detail::further_results Given, bool Ordered = false>
auto early_tumbling(std::chrono::nanoseconds late) {
  using early = leat::detail::early_content<content, Given>;
  using windows = leat::detail::key_windows<leat::tumbling, early>;
  using machine = leat::detail::window_machine<decltype(clock_of(late)), windows, Ordered>;
  return resumed_key<machine>(
      machine(clock_of(late), windows(leat::tumbling(10ns), early(content(none, add, add_all), {.records = 2}))));
}
auto unordered_sessions(std::chrono::nanoseconds late, std::chrono::nanoseconds gap) {
  using windows = leat::detail::sessions<content>;
  using machine = leat::detail::window_machine<decltype(clock_of(late)), windows, false>;
  return resumed_key<machine>(machine(clock_of(late), windows(leat::session(gap), content(none, add, add_all))));
}

auto counted(int values) {
  using windows = leat::detail::counted_windows<content>;
  using machine = leat::detail::window_machine<leat::detail::no_clock, windows, false>;
  return resumed_key<machine>(
      machine(leat::detail::no_clock(), windows(leat::counting(values), content(none, add, add_all))));
}

}  // namespace

TEST_CASE("a window that has spoken at an end speaks again when it has changed, and only then") {
  auto key = ordered_tumbling(3ns);
  CHECK(key.run({{1, 'a'}}) == lines{"0: a, at the end", "0 closed"});
  CHECK(key.run({}).empty());
  CHECK(key.run({{2, 'b'}}) == lines{"0: ab, correction"});
  CHECK(key.run({{3, 'c'}}) == lines{"0: abc, correction"});
  CHECK(key.run({{25, 'd'}}) == lines{"2: d, at the end", "2 closed"});
  CHECK(key.run({{4, 'e'}}) == lines{"0 missed e"});
}

TEST_CASE("a window that closes in the run that goes on gives a correction then") {
  auto key = ordered_tumbling(0ns);
  CHECK(key.run({{1, 'a'}}) == lines{"0: a, at the end", "0 closed"});
  CHECK(key.run({{4, 'b'}, {12, 'c'}}) == lines{"0: ab, correction", "1: c, at the end", "1 closed"});
}

TEST_CASE("values that waited for their order at an end still do afterwards") {
  auto key = ordered_tumbling(5ns);
  CHECK(key.run({{4, 'd'}, {2, 'b'}}) == lines{"0: bd, at the end", "0 closed"});
  CHECK(key.run({{3, 'c'}}) == lines{"0: bcd, correction"});
  CHECK(key.run({{20, 'x'}}) == lines{"2: x, at the end", "2 closed"});
}

TEST_CASE("sessions that grow after an end say their new bounds and by which ids they were known") {
  auto key = unordered_sessions(30ns, 5ns);
  CHECK(key.run({{10, 'a'}, {20, 'b'}}) == lines{"10: a, at the end", "10 closed", "20: b, at the end", "20 closed"});
  CHECK(key.run({{15, 'c'}}) == lines{"10: acb, correction", "10 closed +20"});
  CHECK(key.run({{12, 'd'}}) == lines{"10: acbd, correction"});
  CHECK(key.run({{8, 'e'}}) == lines{"8: acbde, correction", "8 closed +20 +10"});
  CHECK(key.run({}).empty());
}

TEST_CASE("windows of so many values go on after an end; one that was empty has said nothing then") {
  auto key = counted(2);
  CHECK(key.run({{1, 'a'}, {1, 'b'}}) == lines{"0: ab, on time", "0 closed"});
  CHECK(key.run({{1, 'c'}}) == lines{"2: c, at the end", "2 closed"});
  CHECK(key.run({{1, 'd'}, {1, 'e'}}) == lines{"2: cd, correction", "4: e, at the end", "4 closed"});
}

TEST_CASE("early results go on where a killed run had stopped") {
  using leat::detail::further_results;
  auto whole = early_tumbling<further_results::whole>(0ns);
  CHECK(whole.run_and_kill({{1, 'a'}, {2, 'b'}, {3, 'c'}}) == lines{"0: ab, early"});
  CHECK(whole.run_and_kill({{4, 'd'}, {11, 'e'}}) == lines{"0: abcd, early", "0: abcd, on time", "0 closed"});
  auto parts = early_tumbling<further_results::new_alone>(0ns);
  CHECK(parts.run_and_kill({{1, 'a'}, {2, 'b'}, {3, 'c'}}) == lines{"0: ab, early"});
  CHECK(parts.run_and_kill({{4, 'd'}, {11, 'e'}}) == lines{"0: cd, early", "0 closed"});
  auto retracted = early_tumbling<further_results::retracted>(0ns);
  CHECK(retracted.run_and_kill({{1, 'a'}, {2, 'b'}, {3, 'c'}}) == lines{"0: ab, early"});
  CHECK(retracted.run_and_kill({{11, 'e'}}) == lines{"0: ab, retraction", "0: abc, on time", "0 closed"});
}

TEST_CASE("what an end has given is neither given again alone nor left standing") {
  using leat::detail::further_results;
  auto parts = early_tumbling<further_results::new_alone>(5ns);
  CHECK(parts.run({{1, 'a'}, {2, 'b'}, {3, 'c'}}) == lines{"0: ab, early", "0: c, at the end", "0 closed"});
  CHECK(parts.run({}).empty());
  CHECK(parts.run({{4, 'd'}}) == lines{"0: d, correction"});
  CHECK(parts.run({{5, 'e'}, {6, 'f'}}) == lines{"0: ef, early"});
  auto retracted = early_tumbling<further_results::retracted>(5ns);
  CHECK(retracted.run({{1, 'a'}}) == lines{"0: a, at the end", "0 closed"});
  CHECK(retracted.run({}).empty());
  CHECK(retracted.run({{2, 'b'}}) == lines{"0: a, retraction", "0: ab, correction"});
  CHECK(retracted.run({{3, 'c'}, {4, 'd'}, {5, 'e'}}) ==
        lines{"0: ab, retraction", "0: abcd, early", "0: abcd, retraction", "0: abcde, correction"});
}

TEST_CASE("values that an end has given before their turn are not among the new ones afterwards") {
  auto key = early_tumbling<leat::detail::further_results::new_alone, true>(5ns);
  CHECK(key.run({{4, 'd'}, {2, 'b'}}) == lines{"0: bd, early", "0 closed"});
  CHECK(key.run({{3, 'c'}}) == lines{"0: c, correction"});
}
