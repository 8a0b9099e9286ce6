// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/leat.hpp>
#include <leat/testing.hpp>
#include <leat/time/event_time.hpp>

#include "time/lanes.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

using leat::test::burst;
using leat::test::seed;
using leat::test::sighting;
using leat::test::timed_partitions;
using leat::test::wait_for_every_moment;
using namespace std::chrono_literals;

namespace {

using keyed = std::pair<std::int64_t, std::int64_t>;

/// Records that are out of order by up to 6 seconds, from partitions of which one is slow and one ends early.
std::vector<std::vector<burst>> three_partitions(std::uint64_t chance) {
  std::vector<std::vector<burst>> result(3);
  for (std::size_t p = 0; p != 3; ++p)
    for (int i = 0; i != (p == 2 ? 8 : 30); ++i) {
      chance = chance * 6364136223846793005u + 1442695040888963407u;
      int const now = 10 + 2 * i;
      result[p].push_back({p == 1 ? 300ms : 100ms, {now, now - static_cast<int>(chance >> 40) % 7}});
    }
  return result;
}

leat::task<keyed> after_some_turns(keyed record) {
  for (std::int64_t turns = record.second / 1'000'000'000 % 4; turns != 0; --turns) co_await leat::next_turn();
  co_return record;
}

leat::task<> slowly(leat::inlet<std::int64_t>& in, leat::outlet<std::int64_t>& out) {
  while (auto batch = co_await in.next())
    for (std::int64_t const number : *batch) {
      if (number / 1'000'000'000 % 3 == 0) co_await leat::next_turn();
      out(number);
    }
}

/// On each worker no record comes behind a time that is greater than its own, and times do not fall.
void check_order(std::vector<sighting> seen) {
  std::sort(seen.begin(), seen.end(), [](sighting const& a, sighting const& b) {
    return std::pair(std::get<1>(a), std::get<2>(a)) < std::pair(std::get<1>(b), std::get<2>(b));
  });
  std::map<unsigned, std::int64_t> last;
  std::size_t behind_a_time = 0;
  for (auto const& [place, worker, number, what, value, idle] : seen) {
    std::int64_t& known = last.try_emplace(worker, leat::detail::stream_time::nothing_known).first->second;
    if (what == leat::test::saw_time) {
      CHECK(value >= known);
      known = value;
    } else if (what == leat::test::saw_record) {
      CHECK(value >= known);
      behind_a_time += known == leat::detail::stream_time::nothing_known ? 0u : 1u;
    }
  }
  CHECK(behind_a_time > 0);
}

/// `step(dated)` makes the stream that is looked at, of std::int64_t or of pairs of it.
template <class Step>
void keeps_order(Step const& step) {
  for (std::uint64_t const chance : {1u, 2u})
    for (auto const& [processes, workers] : {std::pair(1u, 1u), std::pair(1u, 3u), std::pair(2u, 2u)}) {
      CAPTURE(chance);
      CAPTURE(processes);
      CAPTURE(workers);
      leat::flow flow("f");
      auto const dated = flow.input("inp", timed_partitions(three_partitions(chance))) |
                         leat::map([](int seconds) { return std::int64_t{seconds} * 1'000'000'000; }) |
                         leat::event_time(
                             "dated", [](std::int64_t ns) { return std::chrono::nanoseconds(ns); }, leat::late_by(6s),
                             leat::idle_after(1h));
      wait_for_every_moment(leat::stream(step(dated.down)), 6400ms) | leat::output("seen", leat::to::out());
      leat::test::options options;
      options.processes = processes;
      options.workers = workers;
      options.batch_size = 1 + chance;
      options.snapshot_interval = chance == 1 ? 150ms : 10h;
      leat::test::cluster c(flow, seed(chance), options);
      c.keep("inp").finish();
      auto const found = c.of<sighting>("seen");
      check_order({found.begin(), found.end()});
    }
}

std::int64_t by_seven(std::int64_t ns) { return ns / 1'000'000'000 % 7; }

}  // namespace

TEST_CASE("event_time: its watermark passes no record in fused steps, branches and merges") {
  keeps_order([](leat::stream<std::int64_t> const& dated) {
    auto sides = dated | leat::filter([](std::int64_t ns) { return ns % 5 != 4; }) |
                 leat::flat_map([](std::int64_t ns) { return std::vector<std::int64_t>{ns, ns}; }) |
                 leat::flat_map_batch([](std::span<std::int64_t> batch) {
                   return std::vector<std::int64_t>(batch.begin(), batch.end());
                 }) |
                 leat::branch([](std::int64_t ns) { return by_seven(ns) < 3; });
    return leat::merge(sides.trues, sides.falses);
  });
}

TEST_CASE("event_time: its watermark passes no record in an exchange and in a step with state") {
  keeps_order([](leat::stream<std::int64_t> const& dated) {
    return dated | leat::redistribute() | leat::key_on(&by_seven) |
           leat::stateful_map("count", [](std::optional<std::int64_t>& seen, std::int64_t ns) {
             seen = seen.value_or(0) + 1;
             return ns;
           });
  });
}

TEST_CASE("event_time: its watermark passes no record in look-ups, in order or not, and in a coroutine") {
  keeps_order([](leat::stream<std::int64_t> const& dated) {
    return dated | leat::key_on(&by_seven) |
           leat::async_map("look up", after_some_turns, leat::in_flight(5), leat::unordered) |
           leat::async_map("again", after_some_turns, leat::in_flight(3), leat::ordered) | leat::key_rm() |
           leat::step("slowly", slowly);
  });
}

TEST_CASE("event_time: case 55, and with it 47: the minutes between are quiet, and count") {
  leat::flow flow("f");
  std::chrono::seconds (*const in_minutes)(int) = [](int record) -> std::chrono::seconds {
    return std::chrono::minutes(record);
  };
  auto dated =
      flow.input("inp", timed_partitions({{{0min, {35}}, {2min, {38}}, {2min, {39}}, {2min, {36}}, {9min, {}}}})) |
      leat::event_time("dated", in_minutes, leat::late_by(5min));
  dated.down | leat::output("out", leat::to::out());
  dated.late | leat::map([](leat::late<int> const& late) { return late.value; }) |
      leat::output("late", leat::to::out());
  wait_for_every_moment(dated.down, 640ms) | leat::output("seen", leat::to::out());
  leat::test::cluster c(flow, seed(1));
  c.keep("inp");
  // A poll that finds something counts nothing, so each record may cost a step of quiet time.
  auto const comes_to = [&](std::chrono::minutes passes, std::chrono::minutes wanted) {
    c.advance(passes);
    CHECK(c.watermark("dated") <= leat::moment(wanted));
    CHECK(c.watermark("dated") > leat::moment(wanted - 50ms));
  };
  comes_to(0min, 30min);
  comes_to(1min, 31min);
  comes_to(1min, 33min);
  comes_to(2min, 35min);
  comes_to(2min, 37min);
  CHECK(c.of<int>("late") == leat::test::unordered(std::vector{36}));
}
