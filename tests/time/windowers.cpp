// SPDX-License-Identifier: BSL-1.0
#include <leat/text.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/duration_text.hpp>
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
static_assert(!leat::free_windower<leat::tumbling>);

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
