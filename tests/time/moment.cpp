// SPDX-License-Identifier: BSL-1.0
#include <leat/time/late_by.hpp>
#include <leat/time/moment.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>

using leat::finite;
using leat::forever;
using leat::moment;
using leat::moment_minus;
using leat::moment_of;
using leat::moment_plus;
using leat::detail::floor_division;
using namespace std::chrono_literals;

namespace {

constexpr moment nothing_known = moment::min();
constexpr moment end_of_time = moment::max();
constexpr moment origin{};

template <class Duration>
moment sys(Duration since) {
  return moment_of(std::chrono::time_point<std::chrono::system_clock, Duration>(since));
}

}  // namespace

TEST_CASE("times of any unit become nanoseconds") {
  CHECK(sys(3s).time_since_epoch() == 3s);
  CHECK(sys(7ns).time_since_epoch() == 7ns);
  CHECK(sys(std::chrono::days(2)).time_since_epoch() == 48h);
  CHECK(sys(std::chrono::duration<double>(-1.5)).time_since_epoch() == -1500ms);
  CHECK(moment_of(std::chrono::duration<std::uint8_t, std::milli>(200)).time_since_epoch() == 200ms);
}

TEST_CASE("a time finer than a nanosecond is rounded down, also before 1970") {
  using half_nanoseconds = std::chrono::duration<std::int64_t, std::ratio<1, 2'000'000'000>>;
  CHECK(sys(half_nanoseconds(3)).time_since_epoch() == 1ns);
  CHECK(sys(half_nanoseconds(-3)).time_since_epoch() == -2ns);
  using thirds = std::chrono::duration<std::int64_t, std::ratio<1, 3>>;
  CHECK(sys(thirds(-1)).time_since_epoch() == -333'333'334ns);
}

TEST_CASE("a time that is too far away is the end, or nothing, and no other time") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK(sys(std::chrono::seconds(most)) == end_of_time);
  CHECK(sys(std::chrono::seconds(-most)) == nothing_known);
  CHECK(sys(std::chrono::nanoseconds(most)) == end_of_time);
  CHECK(moment_of(std::chrono::duration<std::uint64_t>(std::numeric_limits<std::uint64_t>::max())) == end_of_time);
  CHECK(sys(std::chrono::duration<double>(1e300)) == end_of_time);
  CHECK(sys(std::chrono::duration<double>(-std::numeric_limits<double>::infinity())) == nothing_known);
  CHECK(sys(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())) == nothing_known);
  CHECK(sys(std::chrono::years(146)) < end_of_time);
  CHECK(sys(std::chrono::years(147)) == end_of_time);
  CHECK(sys(std::chrono::years(-147)) == nothing_known);
}

TEST_CASE("sums and differences of moments saturate") {
  moment const last = moment(std::chrono::nanoseconds((std::int64_t{1} << 62) - 1));
  CHECK(finite(last));
  CHECK(moment_plus(last, 1ns) == end_of_time);
  CHECK(moment_plus(last, forever) == end_of_time);
  CHECK(moment_plus(last, 0ns) == last);
  CHECK(moment_minus(last, -forever) == end_of_time);
  CHECK(moment_minus(origin, forever) == nothing_known);
  CHECK(moment_minus(origin, std::chrono::nanoseconds::min()) == end_of_time);
  CHECK(moment_plus(nothing_known, forever) == nothing_known);
  CHECK(moment_minus(end_of_time, forever) == end_of_time);
  CHECK(leat::duration_between(nothing_known, end_of_time) == forever);
  CHECK(leat::duration_between(end_of_time, nothing_known) == -forever);
  CHECK(leat::duration_between(origin, origin + 5s) == 5s);
}

TEST_CASE("a duration of an option is forever where it is longer than that") {
  CHECK(leat::late_by(std::chrono::years(1000)).duration == forever);
  CHECK(leat::late_by(std::chrono::duration<double>(0.5)).duration == 500ms);
  CHECK(leat::late_by(-1s).duration == -1s);
}

TEST_CASE("division is by floor") {
  CHECK(floor_division(origin + 9s, origin, 5s) == 1);
  CHECK(floor_division(origin - 2s, origin, 5s) == -1);
  CHECK(floor_division(origin - 5s, origin, 5s) == -1);
  CHECK(floor_division(origin - 6s, origin, 5s) == -2);
  CHECK(floor_division(origin - 6s, origin - 6s, 5s) == 0);
}
