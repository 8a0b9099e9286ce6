// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/leat.hpp>
#include <leat/testing.hpp>
#include <leat/time/event_time.hpp>

#include "time/lanes.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using leat::corrections;
using leat::idle_after;
using leat::late_by;
using leat::late_reason;
using leat::moment;
using leat::test::burst;
using leat::test::seed;
using leat::test::timed_partitions;
using leat::test::unordered;
using leat::test::wait_for_every_moment;
using namespace std::chrono_literals;

namespace {

std::chrono::seconds in_seconds(int record) { return std::chrono::seconds(record); }

moment at(std::chrono::nanoseconds since_origin) { return moment(since_origin); }

/// (time in seconds, why) of a late record.
using missed = std::pair<int, int>;
missed why_missed(leat::late<int> const& late) { return {late.value, static_cast<int>(late.why)}; }
constexpr int behind = static_cast<int>(late_reason::behind);
constexpr int ahead = static_cast<int>(late_reason::ahead);
constexpr int undated = static_cast<int>(late_reason::undated);

/// A flow that dates what comes in, and waits for every moment behind that.
template <class Source, class... Options>
void describe(leat::flow& flow, Source source, Options... options) {
  auto dated = flow.input("inp", std::move(source)) | leat::event_time("dated", &in_seconds, options...);
  dated.down | leat::output("out", leat::to::out());
  dated.late | leat::map(&why_missed) | leat::output("late", leat::to::out());
  wait_for_every_moment(dated.down, 64s) | leat::output("seen", leat::to::out());
}

/// Two processes begin when they have met, a few milliseconds after the clock.
void check_watermark(leat::test::cluster const& c, leat::test::options const& options, moment wanted) {
  moment const found = c.watermark("dated");
  CHECK(found <= wanted);
  CHECK(found >= wanted - (options.processes == 1 ? 0ms : 200ms));
}

/// One worker, several, and two simulated processes.
template <class Body>
void on_each_cluster(Body&& body) {
  for (auto const& [processes, workers] : {std::pair(1u, 1u), std::pair(1u, 4u), std::pair(2u, 2u)}) {
    CAPTURE(processes);
    CAPTURE(workers);
    leat::test::options options;
    options.processes = processes;
    options.workers = workers;
    body(options);
  }
}

}  // namespace

TEST_CASE("event_time: the least of the partitions' bounds is the time of the stream") {
  on_each_cluster([](leat::test::options const& options) {
    leat::flow flow("f");
    describe(flow, timed_partitions({{{0s, {10, 20}}, {10s, {30}}}, {{0s, {12}}, {20s, {40}}}}), late_by(5s),
             idle_after(100s));
    leat::test::cluster c(flow, seed(3), options);
    c.keep("inp").advance(0s);
    if (options.processes == 1) CHECK(c.watermark("dated") == at(7s));
    c.finish();
    CHECK(c.watermark("dated") == at(35s));  // the greatest, once all have ended
    CHECK(c.of<int>("out") == unordered(std::vector{10, 20, 30, 12, 40}));
    CHECK(c.late("dated") == 0);
  });
}

TEST_CASE("event_time: what is late is decided partition by partition, whatever others have brought") {
  on_each_cluster([](leat::test::options const& options) {
    leat::flow flow("f");
    describe(flow, timed_partitions({{{0s, {100, 94, 95, 80}}}, {{0s, {10, 4, 5, 16, 10}}}}), late_by(5s),
             leat::data_only{});
    leat::test::cluster c(flow, seed(3), options);
    c.keep("inp").finish();
    CHECK(c.of<int>("out") == unordered(std::vector{100, 95, 10, 5, 16}));
    CHECK(c.of<missed>("late") ==
          unordered(std::vector<missed>{{94, behind}, {80, behind}, {4, behind}, {10, behind}}));
    CHECK(c.late("dated") == 4);
  });
}

TEST_CASE("event_time: corrections let so much more in, and leave the watermark as it is") {
  leat::flow flow("f");
  describe(flow, timed_partitions({{{0s, {100, 91, 90, 89}}, {1s, {}}}}), late_by(5s), corrections(5s));
  leat::test::cluster c(flow, seed(3));
  c.keep("inp").advance(0s);
  CHECK(c.of<int>("out") == unordered(std::vector{100, 91, 90}));
  CHECK(c.watermark("dated") == at(95s));
}

TEST_CASE("event_time: while there is nothing to read, waiting moves the time, to the nanosecond") {
  on_each_cluster([](leat::test::options const& options) {
    leat::flow flow("f");
    describe(flow, timed_partitions({{{0s, {7}}, {60s, {8}}}}), late_by(5s));
    leat::test::cluster c(flow, seed(3), options);
    c.keep("inp").advance(0s);
    if (options.processes == 1) check_watermark(c, options, at(2s));
    c.advance(1500ms);
    check_watermark(c, options, at(3500ms));
    c.advance(1ns);
    check_watermark(c, options, at(3500ms + 1ns));
    c.advance(10s);
    check_watermark(c, options, at(13500ms + 1ns));
    c.advance(60s);  // and then it brings a record that is late by that
    CHECK(c.of<missed>("late") == unordered(std::vector<missed>{{8, behind}}));
  });
}

TEST_CASE("event_time: with data_only no waiting moves the time") {
  leat::flow flow("f");
  describe(flow, timed_partitions({{{0s, {7}}, {60s, {8}}}, {{0s, {1}}, {90s, {9}}}}), late_by(5s), leat::data_only{});
  leat::test::cluster c(flow, seed(3));
  c.keep("inp").advance(50s);
  CHECK(c.watermark("dated") == at(-4s));
  c.advance(20s);
  CHECK(c.watermark("dated") == at(-4s));
  CHECK(c.late("dated") == 0);
}

TEST_CASE("event_time: a partition that never brings a record holds the others up until it is idle") {
  on_each_cluster([](leat::test::options const& options) {
    leat::flow flow("f");
    std::vector<burst> busy;
    for (int second = 0; second != 40; ++second) busy.push_back({second == 0 ? 0s : 1s, {100 + second}});
    describe(flow, timed_partitions({busy, {{1000s, {1}}}}), late_by(5s), idle_after(10s));
    leat::test::cluster c(flow, seed(3), options);
    c.keep("inp").advance(9900ms);
    CHECK(c.watermark("dated") == (moment::min)());
    c.advance(300ms);
    check_watermark(c, options, at(105200ms));
    c.advance(5s);
    check_watermark(c, options, at(110200ms));
    CHECK(c.late("dated") == 0);
  });
}

TEST_CASE("event_time: with all records in one of three partitions the time is as with one, once two are idle") {
  on_each_cluster([](leat::test::options const& options) {
    leat::flow flow("f");
    describe(flow, timed_partitions({{{100s, {}}}, {{0s, {50}}, {30s, {60}}, {70s, {}}}, {{100s, {}}}}), late_by(5s),
             idle_after(2s));
    leat::test::cluster c(flow, seed(3), options);
    c.keep("inp").advance(31s);
    check_watermark(c, options, at(75s));  // 45, and 30 seconds of quiet: the poll at 30 s has found something
    CHECK(c.of<int>("out") == unordered(std::vector{50}));
    CHECK(c.late("dated") == 1);
  });
}

TEST_CASE("event_time: the order in which partitions fall asleep does not show, and one that wakes is followed") {
  for (bool const swapped : {false, true})
    on_each_cluster([swapped](leat::test::options const& options) {
      leat::flow flow("f");
      std::vector<burst> early{{0s, {10}}, {30s, {60}}, {100s, {}}};
      std::vector<burst> late{{1s, {9}}, {200s, {}}};
      if (swapped) std::swap(early, late);
      describe(flow, timed_partitions({early, late}), late_by(5s), idle_after(10s));
      leat::test::cluster c(flow, seed(3), options);
      c.keep("inp").advance(20s);
      check_watermark(c, options, at(25s));  // 5, and 20 seconds of quiet
      c.advance(10200ms);                    // it wakes, alone
      check_watermark(c, options, at(55200ms));
      CHECK(c.late("dated") == 0);
    });
}

TEST_CASE("event_time: what a partition brings that was left out is late behind the time") {
  leat::flow flow("f");
  std::vector<burst> busy;
  for (int second = 0; second != 40; ++second) busy.push_back({second == 0 ? 0s : 1s, {100 + second}});
  describe(flow, timed_partitions({busy, {{0s, {50}}, {20s, {70, 130}}, {100s, {}}}}), late_by(5s), idle_after(10s));
  leat::test::cluster c(flow, seed(3));
  c.keep("inp").advance(21s);
  CHECK(c.of<missed>("late") == unordered(std::vector<missed>{{70, behind}}));
  CHECK(c.watermark("dated") >= at(114s));
}

TEST_CASE("event_time: a time far ahead makes nobody late, and one that is not credible goes to late") {
  leat::flow flow("f");
  describe(flow, timed_partitions({{{0s, {}}}}), late_by(5s));
  int const now = 1767225600;
  leat::test::cluster c(flow, seed(3));
  c.feed("inp", {now - 10, now + 7200, now + 2 * 86400, now - 9, now, now + 299, now - 6});
  c.advance(0s);
  CHECK(c.of<int>("out") == unordered(std::vector{now - 10, now + 7200, now - 9, now, now + 299}));
  CHECK(c.of<missed>("late") == unordered(std::vector<missed>{{now + 2 * 86400, ahead}, {now - 6, behind}}));
  CHECK(c.watermark("dated") == at(std::chrono::seconds(now + 294)));
}

TEST_CASE("event_time: credible(forever) takes any time for what it is") {
  leat::flow flow("f");
  describe(flow, timed_partitions({{{0s, {}}}}), late_by(5s), leat::credible(leat::forever));
  leat::test::cluster c(flow, seed(3));
  c.feed("inp", {2000000000, 10});
  c.advance(0s);
  CHECK(c.watermark("dated") == at(1999999995s));
  CHECK(c.late("dated") == 1);
}

TEST_CASE("event_time: a record without a time goes to late, and so does one from before all moments") {
  leat::flow flow("f");
  auto dated = flow.input("inp", leat::from::iterable(std::vector<int>{})) |
               leat::event_time(
                   "dated",
                   [](int record) {
                     std::optional<std::chrono::hours> time(std::chrono::hours(record) * 24 * 365);
                     return record == 0 ? std::nullopt : time;
                   },
                   late_by(leat::forever), leat::credible(leat::forever));
  dated.down | leat::output("out", leat::to::out());
  dated.late | leat::map(&why_missed) | leat::output("late", leat::to::out());
  leat::test::cluster c(flow, seed(3));
  c.feed("inp", {1, 0, -1000, 1000, 0, -100}).finish();
  CHECK(c.of<int>("out") == unordered(std::vector{1, -100}));
  CHECK(c.of<missed>("late") ==
        unordered(std::vector<missed>{{0, undated}, {0, undated}, {-1000, undated}, {1000, ahead}}));
}

TEST_CASE("event_time: piped on it is what is not late, and late records that nobody reads are counted") {
  leat::flow flow("f");
  flow.input("inp", leat::from::iterable(std::vector<int>{})) | leat::event_time("dated", &in_seconds, late_by(0s)) |
      leat::map([](int record) { return record + 1; }) | leat::output("out", leat::to::out());
  leat::test::cluster c(flow, seed(3));
  c.feed("inp", {3, 2, 3, 1, 4}).advance(0s);
  CHECK(c.of<int>("out") == unordered(std::vector{4, 4, 5}));
  CHECK(c.late("dated") == 2);
}

TEST_CASE("event_time: partitions are kept together, and thirty of thirty days bring nothing far ahead") {
  for (unsigned const workers : {1u, 3u}) {
    leat::flow flow("f");
    std::vector<std::vector<burst>> files;
    for (int day = 0; day != 6; ++day) {
      std::vector<burst> file;
      for (int hour = 0; hour != 24; ++hour) file.push_back({1ms, {day * 86400 + hour * 3600}});
      files.push_back(file);
    }
    std::vector<leat::test::sighting> log;
    auto dated = flow.input("inp", timed_partitions(files)) |
                 leat::event_time("dated", &in_seconds, late_by(0s), leat::keep_together(2h), leat::data_only{});
    dated.down | leat::output("out", leat::to::out());
    dated.late | leat::output("late", leat::to::out());
    wait_for_every_moment(dated.down, 1h) | leat::output("seen", leat::to::out());
    leat::test::options options;
    options.workers = workers;
    options.batch_size = 1;
    leat::test::cluster c(flow, seed(3), options);
    c.keep("inp").finish();
    CHECK(c.of<int>("out").size() == 6u * 24u);
    CHECK(c.late("dated") == 0);
    std::map<std::pair<unsigned, int>, int> last_hour;  // of a day, on a worker
    for (auto const& [place, worker, number, what, value, idle] : c.of<leat::test::sighting>("seen")) {
      if (what != leat::test::saw_record) continue;
      int const day = static_cast<int>(value / 86400);
      int const hour = static_cast<int>(value % 86400 / 3600);
      last_hour[{worker, day}] = hour;
      for (auto const& [of, last] : last_hour)
        if (of.first == worker && of.second < day && hour > 1) CHECK(last >= 20);
    }
  }
}

TEST_CASE("event_time: a negative duration is refused, with the option and the place") {
  try {
    leat::event_time("dated", &in_seconds, late_by(-1s));
    FAIL("it was taken");
  } catch (leat::flow_error const& error) {
    CHECK(std::string(error.what()).find("event_time \"dated\"") != std::string::npos);
    CHECK(std::string(error.what()).find("late_by is negative") != std::string::npos);
  }
}
