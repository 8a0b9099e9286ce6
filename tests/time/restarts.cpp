// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/leat.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/time/event_time.hpp>

#include "fixture/memory_recovery.hpp"
#include "time/lanes.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using leat::test::burst;
using leat::test::memory_recovery;
using leat::test::sighting;
using leat::test::timed_partitions;
using leat::test::wait_for_every_moment;
using namespace std::chrono_literals;

namespace {

std::chrono::seconds in_seconds(int record) { return std::chrono::seconds(record); }

/// One record each millisecond from each of three partitions, out of order by up to 16 seconds.
std::vector<std::vector<burst>> one_by_one() {
  std::vector<std::vector<burst>> partitions(3);
  std::uint64_t chance = 7;
  for (int i = 0; i != 40; ++i)
    for (std::size_t p = 0; p != 3; ++p) {
      chance = chance * 6364136223846793005u + 1442695040888963407u;
      partitions[p].push_back({1ms, {100 + 3 * i - static_cast<int>(chance >> 40) % 17}});
    }
  return partitions;
}

struct outcome {
  std::vector<int> on_time;
  std::vector<int> late;
  std::vector<sighting> seen;
};

/// Runs the flow until it is stopped after so long, or to its end.
void run(leat::flow const& flow, memory_recovery& store, unsigned workers, std::chrono::nanoseconds until) {
  leat::detail::simulation simulation;
  simulation.options.workers = workers;
  simulation.options.snapshot_interval = 1ms;
  simulation.longest_turn = 0ns;
  simulation.recovers = &store;
  store.open(workers);
  leat::detail::simulated_cluster cluster(flow.description(), simulation);
  store.on_decided([&cluster](std::uint64_t epoch) { cluster.process(0).commit(epoch); });
  cluster.begin();
  if (until != 0ns) {
    cluster.world().advance(until);
    cluster.process(0).stop();
  }
  cluster.world().run_out();
  cluster.rethrow();
}

template <class... Options>
void describe(leat::flow& flow, outcome& into, Options... options) {
  auto dated = flow.input("inp", timed_partitions(one_by_one())) | leat::event_time("dated", &in_seconds, options...);
  dated.down | leat::output("out", leat::to::collect(into.on_time));
  dated.late | leat::map([](leat::late<int> const& late) { return late.value; }) |
      leat::output("late", leat::to::collect(into.late));
  wait_for_every_moment(dated.down, 64s) | leat::output("seen", leat::to::collect(into.seen));
}

}  // namespace

TEST_CASE("event_time: a run that goes on calls the same records late, on however many workers") {
  outcome whole;
  {
    leat::flow flow("f");
    describe(flow, whole, leat::late_by(5s), leat::data_only{});
    memory_recovery store;
    run(flow, store, 1, 0ns);
  }
  CHECK(whole.on_time.size() + whole.late.size() == 120);
  CHECK(whole.late.size() > 10);
  std::sort(whole.on_time.begin(), whole.on_time.end());
  std::sort(whole.late.begin(), whole.late.end());
  for (std::vector<unsigned> const& workers :
       {std::vector{1u, 1u, 1u}, std::vector{1u, 3u, 2u}, std::vector{4u, 1u, 2u}}) {
    outcome parts;
    leat::flow flow("f");
    describe(flow, parts, leat::late_by(5s), leat::data_only{});
    memory_recovery store;
    for (std::size_t i = 0; i != 3; ++i) run(flow, store, workers[i], i == 2 ? 0ns : 13ms);
    std::sort(parts.on_time.begin(), parts.on_time.end());
    std::sort(parts.late.begin(), parts.late.end());
    CHECK(parts.on_time == whole.on_time);
    CHECK(parts.late == whole.late);
  }
}

TEST_CASE("event_time: a run that goes on begins with the time that the one before had come to") {
  outcome parts;
  leat::flow flow("f");
  describe(flow, parts, leat::late_by(5s), leat::idle_after(1h));
  memory_recovery store;
  run(flow, store, 1, 13ms);
  std::int64_t last = leat::detail::stream_time::nothing_known;
  for (auto const& [place, worker, number, what, value, idle] : parts.seen)
    if (what == leat::test::saw_time) last = value;
  CHECK(last > 100'000'000'000);
  parts.seen.clear();
  run(flow, store, 1, 0ns);
  std::int64_t first = leat::detail::stream_time::nothing_known;
  for (auto const& [place, worker, number, what, value, idle] : parts.seen) {
    if (what == leat::test::saw_record) break;
    if (what == leat::test::saw_time && first == leat::detail::stream_time::nothing_known) first = value;
  }
  CHECK(first == last);
}
