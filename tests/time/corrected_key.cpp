// SPDX-License-Identifier: BSL-1.0
#include <leat/time/early.hpp>
#include <leat/time/early_content.hpp>
#include <leat/time/key_windows.hpp>
#include <leat/time/session.hpp>
#include <leat/time/sessions.hpp>
#include <leat/time/sliding.hpp>
#include <leat/time/tumbling.hpp>
#include <leat/time/window_step.hpp>

#include <doctest/doctest.h>

#include "time/key_of_runs.hpp"

#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

/// One key, whose windows take values for thirty nanoseconds after their close.

using namespace key_of_runs;
using leat::detail::further_results;
using namespace std::chrono_literals;

namespace {

template <class Windows, class... Options>
auto corrected(Windows windows, Options... options) {
  auto const clock = leat::event_clock(&letter::at, leat::late_by(0ns), leat::credible(leat::forever),
                                       leat::corrections(30ns), options...);
  using machine = leat::detail::window_machine<std::remove_const_t<decltype(clock)>, Windows, false>;
  machine corrects(clock, std::move(windows));
  corrects.correct_for(30ns);
  return resumed_key<machine>(std::move(corrects));
}
template <class Windower>
auto windows(Windower windower) {
  return leat::detail::windows_of(std::move(windower), content(none, add, add_all));
}
/// Windows of ten, that give a result early each so many letters.
template <further_results Given>
auto early(std::uint64_t records) {
  using early = leat::detail::early_content<content, Given>;
  return corrected(
      leat::detail::windows_of(leat::tumbling(10ns), early(content(none, add, add_all), {.records = records})));
}

/// Windows of ten, that count how often somebody asks where one lies.
class asked {
 public:
  explicit asked(int& times) : times_(&times) {}
  window_id first_of(moment at) const { return all_.first_of(at); }
  window_id last_of(moment at) const { return all_.last_of(at); }
  window_bounds bounds(window_id id) const {
    ++*times_;
    return all_.bounds(id);
  }

 private:
  int* times_;
  leat::tumbling all_{10ns};
};

}  // namespace

TEST_CASE("corrections: a killed run is gone on with as if it had not been") {
  auto key = corrected(windows(leat::tumbling(10ns)));
  CHECK(key.run_and_kill({{1, 'a'}, {11, 'b'}}) == lines{"0: a, on time", "0 closed"});
  CHECK(key.run_and_kill({{2, 'c'}, {12, 'd'}}) == lines{"0: ac, correction"});
  CHECK(key.run_and_kill({{3, 'e'}, {39, 'f'}}) == lines{"0: ace, correction", "1: bd, on time", "1 closed"});
  CHECK(key.run_and_kill({{9, 'g'}, {40, 'h'}}) == lines{"0: aceg, correction", "3: f, on time", "3 closed"});
  CHECK(key.run_and_kill({{9, 'i'}}) == lines{"0 missed i"});
}

TEST_CASE("corrections go on after an end") {
  auto key = corrected(windows(leat::tumbling(10ns)));
  CHECK(key.run({{1, 'a'}, {11, 'b'}}) == lines{"0: a, on time", "0 closed", "1: b, at the end", "1 closed"});
  CHECK(key.run({}).empty());
  CHECK(key.run({{2, 'c'}, {12, 'd'}}) == lines{"0: ac, correction", "1: bd, correction"});
  CHECK(key.run({{29, 'e'}, {13, 'f'}}) == lines{"1: bdf, correction", "2: e, at the end", "2 closed"});
}

TEST_CASE("corrections: a key is forgotten when its last window takes no more") {
  auto key = corrected(windows(leat::tumbling(10ns)), leat::data_only());
  CHECK(key.run_and_kill({{1, 'a'}}).empty());
  CHECK(key.due(0) == 10);
  CHECK(key.advance(10) == lines{"0: a, on time", "0 closed"});
  CHECK(key.is_kept(10));
  CHECK(key.due(10) == 40);
  CHECK(key.run_and_kill({}).empty());
  CHECK(key.due(39) == 40);
  CHECK(key.is_kept(39));
  CHECK(key.advance(40).empty());
  CHECK_FALSE(key.is_kept(40));
  auto session = corrected(windows(leat::session(5ns)), leat::data_only());
  CHECK(session.run_and_kill({{1, 'a'}}).empty());
  CHECK(session.due(0) == 7);
  CHECK(session.advance(7) == lines{"1: a, on time", "1 closed"});
  CHECK(session.due(7) == 37);
  CHECK(session.is_kept(36));
  CHECK(session.advance(37).empty());
  CHECK_FALSE(session.is_kept(37));
}

TEST_CASE("corrections: a session that has closed and grows is open again") {
  auto key = corrected(windows(leat::session(5ns)));
  CHECK(key.run_and_kill({{1, 'a'}, {11, 'b'}}) == lines{"1: a, on time", "1 closed"});
  CHECK(key.run_and_kill({{6, 'c'}}).empty());  // with b, it lasts to 16
  CHECK(key.run_and_kill({{13, 'd'}}).empty());
  CHECK(key.run_and_kill({{30, 'e'}}) == lines{"1: acbd, correction", "1 closed +11"});
}

TEST_CASE("corrections: a window that has closed gives nothing early") {
  auto whole = early<further_results::whole>(1);
  CHECK(whole.run_and_kill({{1, 'a'}, {11, 'b'}}) == lines{"0: a, early", "1: b, early", "0: a, on time", "0 closed"});
  CHECK(whole.run_and_kill({{2, 'c'}}) == lines{"0: ac, correction"});
  CHECK(whole.run_and_kill({{12, 'd'}}) == lines{"1: bd, early"});
  auto parts = early<further_results::new_alone>(1);
  CHECK(parts.run_and_kill({{1, 'a'}, {11, 'b'}}) == lines{"0: a, early", "1: b, early", "0 closed"});
  CHECK(parts.run_and_kill({{2, 'c'}}) == lines{"0: c, correction"});
  auto retracted = early<further_results::retracted>(1);
  CHECK(retracted.run_and_kill({{1, 'a'}, {11, 'b'}}) ==
        lines{"0: a, early", "1: b, early", "0: a, retraction", "0: a, on time", "0 closed"});
  CHECK(retracted.run_and_kill({{2, 'c'}}) == lines{"0: a, retraction", "0: ac, correction"});
  CHECK(retracted.run({{3, 'd'}, {12, 'e'}}) == lines{"0: ac, retraction", "0: acd, correction", "1: b, retraction",
                                                      "1: be, early", "1: be, retraction", "1: be, at the end",
                                                      "1 closed"});
  CHECK(retracted.run({{4, 'f'}}) == lines{"0: acd, retraction", "0: acdf, correction"});
}

TEST_CASE("corrections: with while_open a value that is too late goes into the windows that still take it") {
  auto key = corrected(windows(leat::sliding(10ns, 5ns)), leat::while_open());
  CHECK(key.run_and_kill({{7, 'a'}, {42, 'b'}}) == lines{"0: a, on time", "0 closed", "1: a, on time", "1 closed"});
  CHECK(key.run_and_kill({{8, 'c'}}) == lines{"0 missed c", "1: ac, correction"});
}

TEST_CASE("corrections: what a value costs does not grow with the windows that have closed") {
  int times = 0;
  auto const clock =
      leat::event_clock(&letter::at, leat::late_by(0ns), leat::corrections(1s), leat::credible(leat::forever));
  auto kept = windows(asked(times));
  leat::detail::window_machine<std::remove_const_t<decltype(clock)>, decltype(kept), false> machine(clock, kept);
  machine.correct_for(1s);
  decltype(machine)::state key;
  said down;
  auto const asked_for = [&](std::int64_t at) {
    times = 0;
    machine.take(key, letter{moment(std::chrono::nanoseconds(at)), 'a'}, reading(), down, false, [](auto&&...) {});
    machine.due(key, reading());
    return times;
  };
  int const first = asked_for(11) + asked_for(21);
  for (std::int64_t at = 31; at < 10'000; at += 10) asked_for(at);
  CHECK(asked_for(10'001) <= first);
  CHECK(asked_for(5'001) <= first);
  CHECK(down.lines.size() == 2 * 999 + 1);
}
