// SPDX-License-Identifier: BSL-1.0
#include <leat/time/event_clock.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>

using leat::due_at;
using leat::forever;
using leat::late_by;
using leat::moment;
using leat::reading;
using namespace std::chrono_literals;

namespace {

constexpr moment start{std::chrono::hours(24) * 19'000};

moment itself(moment value) { return value; }
moment at(std::chrono::nanoseconds since) { return start + since; }

using state = leat::detail::event_clock_state;

reading quiet_for(std::chrono::nanoseconds time) { return {.quiet = time, .wall = start}; }

static_assert(leat::clock_of<decltype(leat::event_clock(itself, late_by(1s))), moment>);

}  // namespace

TEST_CASE("45: before any record nothing is known") {
  auto const clock = leat::event_clock(itself, late_by(5s));
  CHECK(clock.bound({}, quiet_for(0s)) == moment::min());
  CHECK(clock.bound({}, quiet_for(2s)) == moment::min());
  CHECK(clock.due({}, at(1s), quiet_for(0s)).quiet == forever);
}

TEST_CASE("49: a record that is older than another moves nothing back") {
  auto const clock = leat::event_clock(itself, late_by(5s));
  state key;
  CHECK(clock.observe(key, at(7s), quiet_for(0s)) == at(2s));
  CHECK(clock.observe(key, at(3s), quiet_for(0s)) == at(2s));
}

TEST_CASE("the first record of a key moves its bound however early it is") {
  auto const clock = leat::event_clock(itself, late_by(5s));
  state key;
  CHECK(clock.observe(key, moment() - 1h, quiet_for(0s)) == moment() - 1h - 5s);
}

TEST_CASE("late_by(forever) never moves the bound") {
  auto const clock = leat::event_clock(itself, late_by(forever));
  state key;
  CHECK(clock.observe(key, at(7s), quiet_for(0s)) == moment::min());
  CHECK(clock.bound(key, quiet_for(1h)) == moment::min());
}

TEST_CASE("the bound goes on while there is nothing to read, from the record that moved it last") {
  auto const clock = leat::event_clock(itself, late_by(5s));
  state key;
  clock.observe(key, at(30s), quiet_for(10s));
  CHECK(clock.bound(key, quiet_for(11s)) == at(26s));
  CHECK(clock.observe(key, at(31s), quiet_for(12s)) == at(27s));  // which says less than the waiting
  CHECK(clock.observe(key, at(40s), quiet_for(12s)) == at(35s));
  CHECK(clock.bound(key, quiet_for(13s)) == at(36s));
}

TEST_CASE("a clock that is data_only does not wait") {
  auto const clock = leat::event_clock(itself, late_by(5s), leat::data_only());
  state key;
  clock.observe(key, at(30s), quiet_for(0s));
  CHECK(clock.bound(key, quiet_for(1h)) == at(25s));
  CHECK(clock.due(key, at(60s), quiet_for(0s)).quiet == forever);
}

TEST_CASE("the time of the stream moves the bound of a key that it has passed") {
  auto const clock = leat::event_clock(itself, late_by(5s));
  state key;
  clock.observe(key, at(30s), quiet_for(0s));
  CHECK(clock.bound(key, {.watermark = at(20s)}) == at(25s));
  CHECK(clock.bound(key, {.watermark = at(26s)}) == at(26s));
  CHECK(clock.observe(key, at(29s), {.watermark = at(26s), .wall = start}) == at(26s));
}

TEST_CASE("a clock tells which readings make a time due") {
  auto const clock = leat::event_clock(itself, late_by(5s));
  state key;
  clock.observe(key, at(30s), quiet_for(2s));
  due_at const due = clock.due(key, at(60s), quiet_for(3s));
  CHECK(due.watermark == at(60s));
  CHECK(due.quiet == 37s);
  CHECK(clock.bound(key, quiet_for(due.quiet)) == at(60s));
  CHECK(clock.bound(key, quiet_for(due.quiet - 1ns)) < at(60s));
}

TEST_CASE("a time that is a little ahead of the wall is placed and moves nothing; one far ahead is not credible") {
  auto const clock = leat::event_clock(itself, late_by(5s));
  state key;
  reading const now = quiet_for(0s);
  CHECK(clock.observe(key, at(5min), now) == at(5min - 5s));
  CHECK(clock.observe(key, at(5min + 1ns), now) == at(5min - 5s));
  CHECK(clock.credible(at(24h), now));
  CHECK_FALSE(clock.credible(at(24h + 1ns), now));
  auto const plans = leat::event_clock(itself, late_by(5s), leat::credible(forever));
  CHECK(plans.credible(at(24h * 365 * 50), now));
  CHECK(plans.observe(key, at(24h), now) == at(24h - 5s));
}

TEST_CASE("a key without windows is known while it says more than the stream, for an hour without anything to read") {
  auto const clock = leat::event_clock(itself, late_by(5s));
  state key;
  CHECK_FALSE(clock.worth_keeping(key, quiet_for(0s)));
  clock.observe(key, at(30s), quiet_for(2s));
  CHECK(clock.worth_keeping(key, quiet_for(2s)));
  CHECK(clock.worth_keeping(key, quiet_for(1h + 1s)));
  CHECK_FALSE(clock.worth_keeping(key, quiet_for(1h + 2s)));
  CHECK(clock.kept_until(key, quiet_for(2s)).quiet == 1h + 2s);
  CHECK(clock.worth_keeping(key, {.watermark = at(24s), .quiet = 2s}));
  CHECK_FALSE(clock.worth_keeping(key, {.watermark = at(25s), .quiet = 2s}));
  CHECK(clock.kept_until(key, quiet_for(2s)).watermark == at(25s));
  auto const forgetful = leat::event_clock(itself, late_by(5s), leat::forget_quiet_keys(1s));
  CHECK_FALSE(forgetful.worth_keeping(key, quiet_for(3s)));
}

TEST_CASE("a clock says what is wrong with its numbers") {
  CHECK(leat::event_clock(itself, late_by(0s)).refusal().empty());
  CHECK(leat::event_clock(itself, late_by(-1ns)).refusal() == "late_by is negative");
  CHECK(leat::event_clock(itself, late_by(0s), leat::credible(-1s)).refusal() == "credible is negative");
  CHECK(leat::event_clock(itself, late_by(0s), leat::trusted_ahead(-1s)).refusal() == "trusted_ahead is negative");
  CHECK(leat::event_clock(itself, late_by(0s), leat::forget_quiet_keys(-1s)).refusal() ==
        "forget_quiet_keys is negative");
}

TEST_CASE("a clock is a text that tells it from others") {
  CHECK(leat::event_clock(itself, late_by(90s)).parameters() == "event_clock, late by 90s");
  CHECK(leat::event_clock(itself, late_by(1s), leat::data_only(), leat::while_open()).parameters() ==
        "event_clock, late by 1s, data only, while open");
}

TEST_CASE("ts may give an optional, a time of any unit, or a duration since an origin of one's own") {
  struct record {
    std::optional<std::chrono::sys_seconds> seen;
    std::chrono::milliseconds tick;
  };
  CHECK(leat::event_clock(&record::seen, late_by(0s)).time_of(record{}) == std::nullopt);
  CHECK(leat::event_clock(&record::seen, late_by(0s)).time_of(record{std::chrono::sys_seconds(3s), {}}) == moment(3s));
  CHECK(leat::event_clock(&record::tick, late_by(0s)).time_of(record{{}, 70ms}) == moment(70ms));
}
