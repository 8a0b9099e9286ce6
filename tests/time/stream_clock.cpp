// SPDX-License-Identifier: BSL-1.0
#include <leat/time/stream_clock.hpp>
#include <leat/time/wall_clock.hpp>

#include <doctest/doctest.h>

#include <chrono>

using leat::late_by;
using leat::moment;
using leat::reading;
using namespace std::chrono_literals;

namespace {

constexpr moment start{std::chrono::hours(24) * 19'000};
moment itself(moment value) { return value; }

static_assert(leat::clock_of<decltype(leat::stream_clock(itself)), moment>);
static_assert(leat::clock_of<decltype(leat::stream_clock(itself, late_by(1s))), moment>);
static_assert(leat::clock_of<leat::wall_clock, int>);

}  // namespace

TEST_CASE("stream_clock: its bound is the time of the stream, whatever records say") {
  auto const clock = leat::stream_clock(itself);
  decltype(clock)::state key;
  reading const now{.watermark = start, .quiet = 5s, .wall = start + 1h};
  CHECK(clock.time_of(start + 3s) == start + 3s);
  CHECK(clock.observe(key, start + 3h, now) == start);
  CHECK(clock.bound(key, now) == start);
  CHECK(clock.due(key, start + 1min, now).watermark == start + 1min);
  CHECK(clock.due(key, start + 1min, now).quiet == leat::forever);
}

TEST_CASE("stream_clock: as text it says whether it dates its stream, and how; wrong numbers are refused") {
  CHECK(leat::stream_clock(itself).parameters() == "stream_clock");
  CHECK(leat::stream_clock(itself, late_by(5s), leat::corrections(1min), leat::data_only{}).parameters() ==
        "stream_clock, late by 5s, corrections 1min, data only");
  CHECK(leat::stream_clock(itself, late_by(5s)).refusal().empty());
  CHECK(leat::stream_clock(itself, late_by(-5s)).refusal() == "late_by is negative");
  CHECK(leat::stream_clock(itself, late_by(5s), leat::idle_after(-1s)).refusal() == "idle_after is negative");
}

TEST_CASE("wall_clock: values happen when they come, and the clock does not go back") {
  leat::wall_clock clock;
  leat::wall_clock::state key;
  auto const wall = std::chrono::time_point_cast<leat::wall_time::duration>(start);
  clock.begin_batch(wall);
  CHECK(clock.time_of(1) == start);
  clock.begin_batch(wall - 1h);
  CHECK(clock.time_of(2) == start);
  reading const now{.watermark = start + 1h, .quiet = 5s, .wall = start + 1s};
  CHECK(clock.observe(key, start, now) == start + 1s);
  CHECK(clock.bound(key, now) == start + 1s);
  CHECK(clock.due(key, start + 1min, now).wall == start + 1min);
}
