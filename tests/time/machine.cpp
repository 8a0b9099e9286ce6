// SPDX-License-Identifier: BSL-1.0
#include <leat/time.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

/// The windows of one key against a plain model of them: values in a vector, windows in a map.

using leat::moment;
using leat::reading;
using leat::window_bounds;
using leat::window_id;
using leat::window_reason;
using namespace std::chrono_literals;

namespace {

struct event {
  moment at;
  int value = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & at & value;
  }
};
using values = std::vector<int>;

/// Takes down what the windows of a key say.
class said {
 public:
  auto speaker(window_id id, window_bounds bounds, window_reason why, bool = false) {
    return [this, id, bounds, why](auto&& result) {
      values numbers;
      for (event const& each : result) numbers.push_back(each.value);
      results[id].push_back(std::move(numbers));
      reasons.push_back(why);
      closes.push_back(bounds.close);
    };
  }
  void closed(window_id id, window_bounds, std::vector<window_id> merged_ids = {}) {
    order.push_back(id);
    merged += merged_ids.size();
  }

  std::map<window_id, std::vector<values>> results;
  std::vector<window_reason> reasons;
  std::vector<moment> closes;
  std::vector<window_id> order;
  std::size_t merged = 0;
};

template <bool Ordered, class Windower>
auto machine_for(std::chrono::nanoseconds late, Windower windower) {
  auto clock = leat::event_clock(&event::at, leat::late_by(late), leat::credible(leat::forever));
  auto windows = leat::detail::windows_of(windower, leat::detail::collected_content<std::vector<event>, event>());
  return leat::detail::window_machine<decltype(clock), decltype(windows), Ordered>(std::move(clock),
                                                                                   std::move(windows));
}

/// What one key is given, and what the machine has made of it.
struct outcome {
  said down;
  values late;
};

template <bool Ordered, class Windower>
outcome run(std::vector<event> const& given, std::chrono::nanoseconds late, Windower windower) {
  auto machine = machine_for<Ordered>(late, windower);
  typename decltype(machine)::state key;
  outcome result;
  for (event const& each : given)
    machine.take(key, event(each), reading(), result.down, true,
                 [&](window_id, moment, leat::late_reason, event&& missed) {
                   if (result.late.empty() || result.late.back() != missed.value) result.late.push_back(missed.value);
                 });
  machine.end(key, false, result.down);
  CHECK_FALSE(machine.keeps(decltype(key)(), reading()));
  return result;
}

/// On both sides of 1970.
std::vector<event> drawn(std::mt19937_64& chance, std::int64_t disorder) {
  std::vector<event> result;
  std::int64_t now = -500;
  for (int i = 0; i != 300; ++i) {
    now += static_cast<std::int64_t>(chance() % 8);
    std::int64_t const back = static_cast<std::int64_t>(chance() % static_cast<std::uint64_t>(disorder));
    result.push_back({moment(std::chrono::nanoseconds(now - back)), i});
  }
  return result;
}

/// The values that are in time, in the order in which they are applied.
std::vector<event> in_time(std::vector<event> const& given, std::chrono::nanoseconds late, bool ordered) {
  std::vector<event> result;
  moment bound = moment::min();
  for (event const& each : given) {
    bound = std::max(bound, each.at - late);
    if (each.at >= bound) result.push_back(each);
  }
  if (ordered)
    std::sort(result.begin(), result.end(),
              [](event const& a, event const& b) { return std::pair(a.at, a.value) < std::pair(b.at, b.value); });
  return result;
}

template <class Windower>
std::map<window_id, std::vector<values>> expected(std::vector<event> const& applied, Windower windower) {
  std::map<window_id, std::vector<values>> result;
  for (event const& each : applied)
    for (window_id id = windower.first_of(each.at); id <= windower.last_of(each.at); ++id) {
      if (result[id].empty()) result[id].emplace_back();
      result[id][0].push_back(each.value);
    }
  return result;
}

template <class Windower>
void agrees(std::vector<event> const& given, std::chrono::nanoseconds late, Windower windower) {
  CAPTURE(windower.parameters());
  outcome const unordered = run<false>(given, late, windower);
  outcome const ordered = run<true>(given, late, windower);
  CHECK(unordered.down.results == expected(in_time(given, late, false), windower));
  CHECK(ordered.down.results == expected(in_time(given, late, true), windower));
  CHECK(unordered.late == ordered.late);
  CHECK(unordered.late.size() == given.size() - in_time(given, late, false).size());
  for (outcome const* each : {&unordered, &ordered}) {
    CHECK(std::is_sorted(each->down.closes.begin(), each->down.closes.end()));
    CHECK(std::is_sorted(each->down.order.begin(), each->down.order.end()));
    CHECK(each->down.order.size() == each->down.results.size());
  }
}

/// Has a time, or has not.
struct perhaps_dated {
  std::optional<std::chrono::sys_seconds> at;
  std::string serialized;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & serialized;
  }
};

/// Tumbling windows, as somebody would write a windower with a state.
struct remembered {
  struct state {
    std::vector<window_id> open;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & open;
    }
  };
  leat::tumbling by{7ns};
  std::string parameters() const { return "remembered"; }
  std::vector<window_id> open_for(state& s, moment t) const {
    window_id const id = by.first_of(t);
    auto const place = std::lower_bound(s.open.begin(), s.open.end(), id);
    if (place == s.open.end() || *place != id) s.open.insert(place, id);
    return {id};
  }
  std::vector<window_id> late_for(moment t) const { return {by.first_of(t)}; }
  std::vector<leat::merged_window> merged(state&) const { return {}; }
  std::vector<leat::closed_window> close_for(state& s, moment bound) const {
    std::vector<leat::closed_window> result;
    while (!s.open.empty() && by.bounds(s.open.front()).close <= bound) {
      result.push_back({s.open.front(), by.bounds(s.open.front())});
      s.open.erase(s.open.begin());
    }
    return result;
  }
  window_bounds bounds(state const&, window_id id) const { return by.bounds(id); }
  moment next_close(state const& s) const { return s.open.empty() ? moment::max() : by.bounds(s.open.front()).close; }
  bool empty(state const& s) const { return s.open.empty(); }
};
static_assert(leat::free_windower<remembered>);

/// The smallest windower that computes windows from the moment alone.
struct smallest {
  window_id first_of(moment) const { return 3; }
  window_id last_of(moment) const { return 3; }
  window_bounds bounds(window_id) const { return {moment::min(), moment(0ns)}; }
};
static_assert(leat::aligned_windower<smallest>);

/// The smallest clock: every value has a time, none is late.
struct smallest_clock {
  struct state {
    template <class Archive>
    void serialize(Archive&, unsigned) {}
  };
  moment time_of(event const& value) const { return value.at; }
  moment observe(state&, moment, reading const&) const { return moment::min(); }
  moment bound(state const&, reading const&) const { return moment::min(); }
  leat::due_at due(state const&, moment, reading const&) const { return {}; }
};
static_assert(leat::clock_of<smallest_clock, event>);

}  // namespace

TEST_CASE("windows agree with a plain model of them: each value in its windows, or late") {
  for (unsigned seed = 0; seed != 40; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 chance(seed);
    auto const given = drawn(chance, 1 + static_cast<std::int64_t>(chance() % 60));
    std::chrono::nanoseconds const late(chance() % 40);
    auto const some = [&] { return std::chrono::nanoseconds(1 + chance() % 30); };
    moment const align(std::chrono::nanoseconds(chance() % 50) - 25ns);
    agrees(given, late, leat::tumbling(some(), align));
    std::chrono::nanoseconds const offset = some();
    agrees(given, late, leat::sliding(offset + some(), offset, align));
    agrees(given, late, leat::cumulating(offset * (1 + chance() % 6), offset, align));
    agrees(given, late, leat::everything());
  }
}

TEST_CASE("all values are counted once: by tumbling windows, or as late") {
  std::mt19937_64 chance(3);
  auto const given = drawn(chance, 50);
  outcome const result = run<false>(given, 10ns, leat::tumbling(13ns));
  std::size_t counted = result.late.size();
  for (auto const& [id, lists] : result.down.results) counted += lists.at(0).size();
  CHECK(counted == given.size());
  CHECK_FALSE(result.late.empty());
}

TEST_CASE("the last of the windows that open together has what a tumbling one has") {
  std::mt19937_64 chance(4);
  auto const given = drawn(chance, 50);
  outcome const tumbling = run<true>(given, 10ns, leat::tumbling(40ns));
  outcome const cumulating = run<true>(given, 10ns, leat::cumulating(40ns, 10ns));
  for (auto const& [id, lists] : tumbling.down.results) CHECK(cumulating.down.results.at(id * 4 + 3) == lists);
}

TEST_CASE("sessions agree with those that sorting finds") {
  for (unsigned seed = 0; seed != 60; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 chance(seed);
    auto const given = drawn(chance, 1 + static_cast<std::int64_t>(chance() % 60));
    std::chrono::nanoseconds const late(chance() % 40);
    std::chrono::nanoseconds const gap(chance() % 12);
    auto const sorted = in_time(given, late, true);
    std::map<window_id, values> expected_sessions;
    window_id id = 0;
    for (std::size_t i = 0; i != sorted.size(); ++i) {
      if (i == 0 || sorted[i].at - sorted[i - 1].at > gap) id = sorted[i].at.time_since_epoch().count();
      expected_sessions[id].push_back(sorted[i].value);
    }
    std::map<window_id, std::vector<values>> in_order;
    for (auto const& [number, list] : expected_sessions) in_order[number] = {list};
    CHECK(run<true>(given, late, leat::session(gap)).down.results == in_order);
    auto unordered = run<false>(given, late, leat::session(gap)).down.results;
    for (auto& [number, lists] : unordered) std::sort(lists.at(0).begin(), lists.at(0).end());
    for (auto& [number, lists] : in_order) std::sort(lists.at(0).begin(), lists.at(0).end());
    CHECK(unordered == in_order);
  }
}

TEST_CASE("a windower of one's own that keeps a state gives what the one that it imitates gives") {
  for (unsigned seed = 0; seed != 20; ++seed) {
    std::mt19937_64 chance(seed);
    auto const given = drawn(chance, 30);
    outcome const own = run<true>(given, 5ns, remembered());
    outcome const usual = run<true>(given, 5ns, leat::tumbling(7ns));
    CHECK(own.down.results == usual.down.results);
    CHECK(own.down.order == usual.down.order);
    CHECK(own.late == usual.late);
  }
}

TEST_CASE("the time of the stream closes windows of a key that has no records, and then nothing is left of it") {
  auto machine = machine_for<true>(5ns, leat::tumbling(10ns));
  typename decltype(machine)::state key;
  said down;
  auto const none_is_late = [](window_id, moment, leat::late_reason, event&&) { FAIL("late"); };
  machine.take(key, {moment(3ns), 1}, reading(), down, true, none_is_late);
  machine.take(key, {moment(14ns), 2}, reading(), down, true, none_is_late);
  CHECK(down.results.empty());
  CHECK(machine.due(key, reading()).watermark == moment(10ns));
  machine.advance(key, {.watermark = moment(10ns)}, down);
  CHECK(down.results.size() == 1);
  CHECK(machine.due(key, {.watermark = moment(10ns)}).watermark == moment(14ns));  // the value that waits
  machine.advance(key, {.watermark = moment(20ns)}, down);
  CHECK(down.order == std::vector<window_id>{0, 1});
  CHECK(down.reasons == std::vector{window_reason::on_time, window_reason::on_time});
  CHECK_FALSE(machine.keeps(key, {.watermark = moment(20ns)}));
}

TEST_CASE("quiet time closes windows too, and the key is known for as long as its clock says more than the stream") {
  auto machine = machine_for<false>(5ns, leat::tumbling(10ns));
  typename decltype(machine)::state key;
  said down;
  machine.take(key, {moment(3ns), 1}, {.quiet = 100ns}, down, true, [](auto&&...) {});
  leat::due_at const due = machine.due(key, {.quiet = 100ns});
  CHECK(due.quiet == 112ns);
  machine.advance(key, {.quiet = 111ns}, down);
  CHECK(down.results.empty());
  machine.advance(key, {.quiet = 112ns}, down);
  CHECK(down.results.size() == 1);
  CHECK(machine.keeps(key, {.quiet = 112ns}));
  CHECK(machine.due(key, {.quiet = 112ns}).quiet == 100ns + 1h);
  CHECK_FALSE(machine.keeps(key, {.quiet = 100ns + 1h}));
  CHECK_FALSE(machine.keeps(key, {.watermark = moment(10ns), .quiet = 112ns}));
}

TEST_CASE("a value out of range, ahead of the wall or without a time is in no window") {
  auto clock = leat::event_clock(&perhaps_dated::at, leat::late_by(0s));
  auto windows = leat::detail::windows_of(leat::tumbling(1h),
                                          leat::detail::collected_content<std::vector<perhaps_dated>, perhaps_dated>());
  leat::detail::window_machine<decltype(clock), decltype(windows), false> machine(clock, windows);
  typename decltype(machine)::state key;
  struct silent {
    auto speaker(window_id, window_bounds, window_reason, bool = false) {
      return [](auto&&) {};
    }
    void closed(window_id, window_bounds, std::vector<window_id> = {}) {}
  } down;
  reading const now{.wall = moment(1h)};
  auto const why = [&](std::optional<std::chrono::sys_seconds> at) {
    std::optional<leat::late_reason> result;
    machine.take(key, perhaps_dated{at, {}}, now, down, true,
                 [&](window_id id, moment, leat::late_reason reason, perhaps_dated&&) {
                   CHECK(id == leat::no_window);
                   result = reason;
                 });
    return result;
  };
  CHECK(why(std::nullopt) == leat::late_reason::undated);
  CHECK(why(std::chrono::sys_seconds(26h)) == leat::late_reason::ahead);
  CHECK(why(std::chrono::sys_seconds(std::chrono::days(2'932'896))) == leat::late_reason::ahead);  // 9999-12-31
  CHECK(why(std::chrono::sys_seconds(-std::chrono::days(365'000))) == leat::late_reason::behind);
  CHECK(why(std::chrono::sys_seconds(1h)) == std::nullopt);
  CHECK(key.clock.bound == moment(1h));
}

TEST_CASE("while_open: a record that is late for some of its windows goes into the others") {
  auto clock = leat::event_clock(&event::at, leat::late_by(0s), leat::credible(leat::forever), leat::while_open());
  auto windows =
      leat::detail::windows_of(leat::sliding(10ns, 5ns), leat::detail::collected_content<std::vector<event>, event>());
  leat::detail::window_machine<decltype(clock), decltype(windows), false> machine(clock, windows);
  typename decltype(machine)::state key;
  said down;
  std::vector<window_id> late;
  auto const take = [&](std::int64_t at, int value) {
    return machine.take(key, {moment(std::chrono::nanoseconds(at)), value}, reading(), down, true,
                        [&](window_id id, moment, leat::late_reason, event&&) { late.push_back(id); });
  };
  CHECK(take(12, 1) == std::nullopt);
  CHECK(take(7, 2) == leat::late_reason::behind);  // window 0 has closed, window 1 has not
  machine.end(key, false, down);
  CHECK(late == std::vector<window_id>{0});
  CHECK(down.results == std::map<window_id, std::vector<values>>{{1, {{1, 2}}}, {2, {{1}}}});
}

TEST_CASE("a windower and a clock with nothing optional are enough") {
  smallest_clock clock;
  auto windows = leat::detail::windows_of(smallest(), leat::detail::collected_content<std::vector<event>, event>());
  leat::detail::window_machine<smallest_clock, decltype(windows), false> machine(clock, windows);
  typename decltype(machine)::state key;
  CHECK_FALSE(machine.keeps(key, reading()));
  said down;
  machine.take(key, {moment(5ns), 1}, reading(), down, true, [](auto&&...) {});
  CHECK(machine.keeps(key, reading()));
  CHECK(machine.due(key, reading()).never());
  machine.end(key, false, down);
  CHECK(down.results == std::map<window_id, std::vector<values>>{{3, {{1}}}});
}

TEST_CASE("a key that is written down and read again goes on as if nothing had been") {
  for (unsigned seed = 0; seed != 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 chance(seed);
    auto const given = drawn(chance, 40);
    auto const check_for = [&](auto machine) {
      using state = typename decltype(machine)::state;
      said whole;
      said pieces;
      state undisturbed;
      state disturbed;
      for (event const& each : given) {
        machine.take(undisturbed, event(each), reading(), whole, false, [](auto&&...) {});
        machine.take(disturbed, event(each), reading(), pieces, false, [](auto&&...) {});
        if (chance() % 5 != 0) continue;
        leat::byte_buffer bytes;
        leat::output_archive(bytes) & machine.save(disturbed);
        typename decltype(machine)::saved saved;
        leat::input_archive(bytes.bytes()) & saved;
        disturbed = machine.load(std::move(saved));
      }
      machine.end(undisturbed, false, whole);
      machine.end(disturbed, false, pieces);
      CHECK(whole.results == pieces.results);
      CHECK(whole.order == pieces.order);
      CHECK(whole.merged == pieces.merged);
    };
    check_for(machine_for<true>(20ns, leat::sliding(14ns, 5ns)));
    check_for(machine_for<false>(20ns, leat::session(6ns)));
    check_for(machine_for<true>(20ns, remembered()));
    check_for(machine_for<false>(20ns, leat::counting(7)));
  }
}
