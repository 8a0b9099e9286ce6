// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/source.hpp>
#include <leat/from/test.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/branch.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/flat_map_batch.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/key_rm.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>
#include <leat/op/or_else.hpp>
#include <leat/op/step.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/run.hpp>
#include <leat/state/join.hpp>
#include <leat/state/reduce_final.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/shapes.hpp"
#include "fixture/time_probe.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

using leat::test::for_each_shape;
using leat::test::probe;
using leat::test::shape;
using leat::test::sighting;

namespace {

constexpr std::int64_t unknown = leat::detail::stream_time::nothing_known;

/// Three partitions that deal the numbers below `count` out among them, a few at a time. Each says, as its time, the
/// last number that it gave.
class dated_numbers {
 public:
  using record = std::int64_t;
  using position = leat::no_position;

  explicit dated_numbers(std::int64_t count) : count_(count) {}

  class partition {
   public:
    partition(std::int64_t first, std::int64_t end, leat::step_services const& services)
        : next_(first), end_(end), services_(services) {}
    bool next_batch(leat::emitter<std::int64_t>& out) {
      for (int n = 0; n != 2 && next_ < end_; ++n, next_ += 3) {
        out(next_);
        time_.watermark = next_;
      }
      return next_ < end_;
    }
    std::optional<leat::steady_time> next_awake() const { return services_.now() + 1ns; }
    leat::detail::stream_time time() const { return time_; }

   private:
    std::int64_t next_;
    std::int64_t end_;
    leat::step_services services_;
    leat::detail::stream_time time_;
  };

  std::vector<std::string> list_parts() const { return {"0", "1", "2"}; }
  partition build_part(std::string const& name, std::optional<position> const&,
                       leat::step_services const& services) const {
    return {name[0] - '0', count_, services};
  }

 private:
  std::int64_t count_;
};

leat::task<std::pair<std::int64_t, std::int64_t>> after_some_turns(std::pair<std::int64_t, std::int64_t> record) {
  for (std::int64_t turns = record.second % 4; turns != 0; --turns) co_await leat::next_turn();
  co_return record;
}

leat::task<> slowly(leat::inlet<std::int64_t>& in, leat::outlet<std::int64_t>& out) {
  while (auto batch = co_await in.next())
    for (std::int64_t const number : *batch) {
      if (number % 3 == 0) co_await leat::next_turn();
      out(number);
    }
}

leat::task<std::int64_t> when_all_have_started(std::int64_t i, int count, int& started, bool& were_together) {
  ++started;
  for (int turns = 0; started != count && turns != 10'000; ++turns) co_await leat::next_turn();
  were_together = were_together && started == count;
  co_return i;
}

/// What the probe at one place saw on one worker, in order.
using course = std::vector<sighting>;
std::map<std::pair<int, unsigned>, course> courses(std::vector<sighting> const& log) {
  std::map<std::pair<int, unsigned>, course> by_place;
  for (sighting const& seen : log) by_place[{std::get<0>(seen), std::get<1>(seen)}].push_back(seen);
  for (auto& [place, seen] : by_place)
    std::sort(seen.begin(), seen.end(),
              [](sighting const& a, sighting const& b) { return std::get<2>(a) < std::get<2>(b); });
  return by_place;
}

struct verdict {
  std::int64_t last = unknown;
  std::size_t times = 0;
  std::size_t records = 0;
  std::size_t records_behind_a_time = 0;
};

/// Times never go back, and no record that follows is older; nothing follows the last mark.
verdict judge(course const& seen) {
  verdict result;
  bool over = false;
  for (auto const& [place, worker, number, event, value, idle] : seen) {
    CHECK_FALSE(over);
    if (event == leat::test::saw_time) {
      CHECK(value >= result.last);
      result.last = value;
      ++result.times;
    } else if (event == leat::test::saw_record) {
      CHECK(value >= result.last);
      ++result.records;
      result.records_behind_a_time += result.last != unknown ? 1u : 0u;
    }
    over = event == leat::test::saw_last_mark;
  }
  CHECK(over);
  return result;
}

constexpr int places_before_the_exchange = 5;
constexpr int places = 13;

/// A probe behind each kind of step.
leat::flow every_kind_of_step(std::int64_t count, std::vector<sighting>& log, std::vector<std::int64_t>& out) {
  using keyed = std::pair<std::int64_t, std::int64_t>;
  leat::flow flow("times");
  leat::stream<std::int64_t> in = flow.input("in", dated_numbers(count));
  probe(in, 0, log);
  leat::stream<std::int64_t> fused = in | leat::map([](std::int64_t i) { return i; }) |
                                     leat::filter([](std::int64_t i) { return i % 5 != 4; }) |
                                     leat::flat_map([](std::int64_t i) { return std::vector<std::int64_t>{i, i}; });
  probe(fused, 1, log);
  leat::stream<std::int64_t> batches = fused | leat::flat_map_batch([](std::span<std::int64_t> batch) {
                                         return std::vector<std::int64_t>(batch.begin(), batch.end());
                                       });
  probe(batches, 2, log);
  auto sides = batches | leat::branch([](std::int64_t i) { return i % 3 == 0; });
  probe(sides.trues, 3, log);
  leat::stream<std::int64_t> merged = leat::merge("both", sides.trues, sides.falses);
  probe(merged, 4, log);
  leat::stream<keyed> stateful = merged | leat::key_on("key", [](std::int64_t i) { return i % 7; }) |
                                 leat::stateful_map("count", [](std::optional<std::int64_t>& seen, std::int64_t i) {
                                   seen = seen.value_or(0) + 1;
                                   return i;
                                 });
  probe(stateful, 5, log);
  leat::stream<keyed> unordered =
      stateful | leat::async_map("look up", after_some_turns, leat::in_flight(5), leat::unordered);
  probe(unordered, 6, log);
  leat::stream<keyed> ordered =
      unordered | leat::async_map("look up again", after_some_turns, leat::in_flight(3), leat::ordered);
  probe(ordered, 7, log);
  leat::stream<std::int64_t> coroutine = ordered | leat::key_rm() | leat::step("slowly", slowly);
  probe(coroutine, 8, log);
  leat::stream<std::int64_t> spread = coroutine | leat::redistribute();
  probe(spread, 9, log);
  auto tried = spread | leat::or_else(leat::map("tried", [](std::int64_t i) { return i; }));
  leat::stream<std::int64_t> results = tried.down;
  probe(results, 10, log);
  tried.errors | leat::map([](auto const&) { return std::int64_t{-1}; }) |
      leat::output("errors", leat::to::collect(out));
  leat::stream<std::int64_t> joined =
      leat::join("join", leat::join_insert::last, leat::join_emit::running, stateful,
                 results | leat::key_on("key again", [](std::int64_t i) { return i % 7; })) |
      leat::map([](auto const& row) {
        auto const& [left, right] = row.second;
        return std::max(left.value_or(0), right.value_or(0));
      });
  probe(joined, 11, log);
  // What is combined before the exchange is as old as its youngest value, and comes out at the end.
  leat::stream<std::int64_t> greatest =
      results | leat::key_on("one key", [](std::int64_t) { return std::int64_t{0}; }) |
      leat::reduce_final("greatest", [](std::int64_t a, std::int64_t b) { return std::max(a, b); }) |
      leat::map([](keyed const&) { return std::numeric_limits<std::int64_t>::max(); });
  probe(greatest, 12, log);
  results | leat::output("out", leat::to::collect(out));
  return flow;
}

}  // namespace

TEST_CASE("times: no step lets one overtake a record, and each worker hears the last one") {
  std::int64_t const count = 62;  // 61 is given by the last partition but one, and passes the filter
  for_each_shape([&](shape const& base) {
    for (bool const many_epochs : {false, true}) {
      CAPTURE(many_epochs);
      shape const shape = many_epochs ? base.epochs_of_every_turn() : base;
      std::vector<sighting> log;
      std::vector<std::int64_t> out;
      leat::flow const flow = every_kind_of_step(count, log, out);
      shape.run(flow, log, out);
      CHECK(out.size() == 2 * 50);
      std::map<int, std::int64_t> greatest;
      for (auto const& [at, seen] : courses(log)) {
        auto const [place, worker] = at;
        CAPTURE(place);
        CAPTURE(worker);
        verdict const found = judge(seen);
        auto const known = greatest.try_emplace(place, unknown).first;
        known->second = std::max(known->second, found.last);
        if (place >= places_before_the_exchange) CHECK(found.last == count - 1);
        if (shape.worker_count() == 1 && many_epochs && place != 12) CHECK(found.records_behind_a_time != 0);
      }
      REQUIRE(greatest.size() == places);
      for (auto const& [place, last] : greatest) CHECK(last == count - 1);
    }
  });
}

TEST_CASE("times: from::test says them between its records, and each is news once") {
  std::vector<sighting> log;
  std::vector<std::int64_t> out;
  leat::flow flow("said");
  auto const second = [](int s) { return leat::from::time(std::chrono::sys_seconds(std::chrono::seconds(s))); };
  leat::stream<std::int64_t> in = flow.input(
      "in",
      leat::from::test<std::int64_t>({std::int64_t{1'000'000'000}, second(1), std::int64_t{3'000'000'000}, second(2),
                                      second(2), leat::from::idle{}, std::int64_t{4'000'000'000}, second(4)})
          .batch_size(10));
  probe(in, 0, log);
  in | leat::output("out", leat::to::collect(out));
  leat::run(flow);
  std::vector<std::pair<std::int64_t, bool>> times;
  std::string order;
  for (auto const& [place, worker, number, event, value, idle] : log) {
    order += event == leat::test::saw_record      ? 'r'
             : event == leat::test::saw_time      ? 't'
             : event == leat::test::saw_last_mark ? 'e'
                                                  : 'b';
    if (event == leat::test::saw_time) times.emplace_back(value / 1'000'000'000, idle);
  }
  CHECK(order == "rtrttrte");
  CHECK(times == std::vector<std::pair<std::int64_t, bool>>{{1, false}, {2, false}, {2, true}, {4, false}});
  CHECK(out.size() == 3);
}

TEST_CASE("times: the time of a merged stream is the least of its inputs', and idle ones are left out") {
  std::vector<sighting> log;
  std::vector<std::int64_t> out;
  leat::flow flow("two");
  auto const at = [](std::int64_t ns) {
    return leat::from::time(std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(ns)));
  };
  using item = std::vector<leat::from::test_item<std::int64_t>>;
  leat::stream<std::int64_t> fast =
      flow.input("fast", leat::from::test<std::int64_t>(
                             item{std::int64_t{100}, at(100), leat::from::pause(1ms), std::int64_t{500}, at(500)}));
  leat::stream<std::int64_t> slow =
      flow.input("slow", leat::from::test<std::int64_t>(item{std::int64_t{3}, at(3), leat::from::idle{},
                                                             leat::from::pause(2ms), std::int64_t{600}}));
  leat::stream<std::int64_t> merged = leat::merge(fast, slow);
  probe(merged, 0, log);
  merged | leat::output("out", leat::to::collect(out));
  leat::run(flow);
  std::vector<std::int64_t> watermarks;
  for (auto const& [place, worker, number, event, value, idle] : log)
    if (event == leat::test::saw_time && (watermarks.empty() || watermarks.back() != value))
      watermarks.push_back(value);
  REQUIRE_FALSE(watermarks.empty());
  CHECK(std::is_sorted(watermarks.begin(), watermarks.end()));
  CHECK((watermarks[0] == 3 || watermarks[0] == 100));
  CHECK(watermarks.back() == 500);
  CHECK(out.size() == 4);
}

TEST_CASE("times: look-ups go on together however many times stand between their records") {
  constexpr int together = 6;
  auto const check = [&](auto order) {
    int started = 0;
    bool all_were_under_way = true;
    auto const waits_for_all = [&](std::int64_t i) {
      return when_all_have_started(i, together, started, all_were_under_way);
    };
    using item = std::vector<leat::from::test_item<std::int64_t>>;
    item items;
    for (int i = 0; i != together; ++i) {
      items.emplace_back(std::int64_t{i});
      items.emplace_back(
          leat::from::time(std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(i))));
    }
    std::vector<sighting> log;
    std::vector<std::int64_t> out;
    leat::flow flow("look ups");
    leat::stream<std::int64_t> found = flow.input("in", leat::from::test<std::int64_t>(std::move(items))) |
                                       leat::async_map("look up", waits_for_all, leat::in_flight(together), order);
    probe(found, 0, log);
    found | leat::output("out", leat::to::collect(out));
    leat::run(flow);
    CHECK(all_were_under_way);
    CHECK(out.size() == together);
    CHECK(judge(log).last == together - 1);
  };
  check(leat::ordered);
  check(leat::unordered);
}
