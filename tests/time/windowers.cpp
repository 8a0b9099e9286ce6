// SPDX-License-Identifier: BSL-1.0
#include <leat/text.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/counting.hpp>
#include <leat/time/cumulating.hpp>
#include <leat/time/duration_text.hpp>
#include <leat/time/everything.hpp>
#include <leat/time/session.hpp>
#include <leat/time/sliding.hpp>
#include <leat/time/tumbling.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using leat::moment;
using leat::window_bounds;
using namespace std::chrono_literals;

namespace {

constexpr moment origin{};
static_assert(leat::aligned_windower<leat::tumbling>);
static_assert(leat::aligned_windower<leat::sliding>);
static_assert(leat::aligned_windower<leat::cumulating>);
static_assert(leat::aligned_windower<leat::everything>);
static_assert(!leat::detail::is_free_windower<leat::tumbling>);

}  // namespace

TEST_CASE("two seconds before 1970 are in the window of five seconds that 1970 ends") {
  leat::tumbling const windower(5s);
  CHECK(windower.first_of(origin - 2s) == -1);
  CHECK(windower.bounds(-1) == window_bounds{origin - 5s, origin});
  CHECK(windower.first_of(origin) == 0);
  CHECK(windower.bounds(0) == window_bounds{origin, origin + 5s});
}

TEST_CASE("windows that reach out of time end where it does") {
  leat::tumbling const windower(std::chrono::hours(24 * 365 * 140), origin);
  CHECK(windower.bounds(1).close == moment::max());
  CHECK(windower.bounds(std::numeric_limits<leat::window_id>::max()) == window_bounds{moment::max(), moment::max()});
  CHECK(windower.bounds(std::numeric_limits<leat::window_id>::min()) == window_bounds{moment::min(), moment::min()});
}

TEST_CASE("tumbling says what is wrong with its numbers") {
  CHECK(leat::tumbling(1min).refusal().empty());
  CHECK(leat::tumbling(0s).refusal() == "tumbling needs a length of more than zero");
  CHECK(leat::tumbling(-1s).refusal() == "tumbling needs a length of more than zero");
  CHECK(leat::tumbling(1s, moment::max()).refusal() == "tumbling needs a time between 1823 and 2116 to begin at");
}

TEST_CASE("a windower is a text that tells it from others") {
  CHECK(leat::tumbling(1min).parameters() == "tumbling 1min from 1970-01-01T00:00:00Z");
  CHECK(leat::tumbling(1min).parameters() != leat::tumbling(1min, origin + 1s).parameters());
}

TEST_CASE("a duration is shown in the largest unit that it is a whole number of") {
  using leat::detail::duration_text;
  CHECK(duration_text(0s) == "0s");
  CHECK(duration_text(90s) == "90s");
  CHECK(duration_text(120s) == "2min");
  CHECK(duration_text(48h) == "2d");
  CHECK(duration_text(-1500us) == "-1500us");
  CHECK(duration_text(1ns) == "1ns");
  CHECK(duration_text(leat::forever) == "forever");
}

TEST_CASE("39: sliding windows of 10 s by 5 s") {
  leat::sliding const windower(10s, 5s);
  auto const ids = [&](std::chrono::nanoseconds t) {
    return std::pair(windower.first_of(origin + t), windower.last_of(origin + t));
  };
  using pair = std::pair<leat::window_id, leat::window_id>;
  CHECK(ids(13s) == pair(1, 2));
  CHECK(ids(-3s) == pair(-2, -1));
  CHECK(ids(3s) == pair(-1, 0));
  CHECK(ids(7s) == pair(0, 1));
  CHECK(ids(15s) == pair(2, 3));
  CHECK(ids(-5s) == pair(-2, -1));
  CHECK(ids(0s) == pair(-1, 0));
  CHECK(ids(10s) == pair(1, 2));
  CHECK(windower.bounds(-2) == window_bounds{origin - 10s, origin});
}

TEST_CASE("41: sliding windows whose offset does not divide their length") {
  leat::sliding const windower(10s, 7s);
  auto const ids = [&](std::chrono::nanoseconds t) {
    return std::pair(windower.first_of(origin + t), windower.last_of(origin + t));
  };
  using pair = std::pair<leat::window_id, leat::window_id>;
  CHECK(ids(14s) == pair(1, 2));
  CHECK(ids(-7s) == pair(-2, -1));
  CHECK(ids(0s) == pair(-1, 0));
  CHECK(ids(17s) == pair(2, 2));
  CHECK(ids(-4s) == pair(-1, -1));
  CHECK(ids(10s) == pair(1, 1));
}

TEST_CASE("43: windows that are aligned far away from their records are found exactly") {
  leat::sliding const windower(1600ms, 700ms);
  moment const at = origin + 1'709'315'512'577ms;
  CHECK(windower.first_of(at) == 2'441'879'302);
  CHECK(windower.last_of(at) == 2'441'879'303);
}

TEST_CASE("cumulating windows open together and close one after the other") {
  leat::cumulating const windower(60s, 20s);
  CHECK(windower.first_of(origin + 5s) == 0);
  CHECK(windower.last_of(origin + 5s) == 2);
  CHECK(windower.first_of(origin + 45s) == 2);
  CHECK(windower.last_of(origin + 45s) == 2);
  CHECK(windower.first_of(origin - 1s) == -1);
  CHECK(windower.last_of(origin - 1s) == -1);
  CHECK(windower.bounds(0) == window_bounds{origin, origin + 20s});
  CHECK(windower.bounds(1) == window_bounds{origin, origin + 40s});
  CHECK(windower.bounds(2) == window_bounds{origin, origin + 60s});
  CHECK(windower.bounds(3) == window_bounds{origin + 60s, origin + 80s});
  CHECK(windower.bounds(-1) == window_bounds{origin - 60s, origin});
}

TEST_CASE("windowers say what is wrong with their numbers") {
  CHECK(leat::sliding(10s, 5s).refusal().empty());
  CHECK(leat::sliding(10s, 0s).refusal() == "sliding needs a length and an offset of more than zero");
  CHECK(leat::sliding(-10s, 1s).refusal() == "sliding needs a length and an offset of more than zero");
  CHECK(leat::sliding(5s, 10s).refusal() ==
        "sliding needs an offset that is not longer than its length, or records between two windows would be lost");
  CHECK(leat::sliding(1000s, 1s).refusal().empty());
  CHECK(leat::cumulating(60s, 20s).refusal().empty());
  CHECK(leat::cumulating(60s, 25s).refusal() == "cumulating needs a length that is a whole number of its steps");
  CHECK(leat::cumulating(0s, 0s).refusal() == "cumulating needs a length and a step of more than zero");
  CHECK(leat::cumulating(1h, 1s).refusal() == "cumulating puts a record into up to 3600 windows; 1000 at most");
  CHECK(leat::session(0s).refusal().empty());
  CHECK(leat::session(-1s).refusal() == "session needs a gap that is not negative");
  CHECK(leat::counting(1).refusal().empty());
  CHECK(leat::counting(0).refusal() == "counting needs at least 1 value for a window");
  CHECK(leat::counting(-3).refusal() == "counting needs at least 1 value for a window");
}

TEST_CASE("24: a window of ten million offsets, each to be filled by itself, is refused when it is described") {
  CHECK(leat::sliding(10'000'000s, 1s).refusal() == "sliding puts each record into 10000000 windows; 1000 at most");
}
