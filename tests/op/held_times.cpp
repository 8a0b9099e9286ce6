// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/coroutine/held_times.hpp>

#include <cstdint>

using leat::detail::held_times;
using leat::detail::stream_time;

namespace {

stream_time at(std::int64_t watermark) { return {watermark, 0, false}; }

}  // namespace

TEST_CASE("held times: a time with nothing before it is due at once") {
  held_times times;
  CHECK(times.empty());
  times.advance(at(3));
  REQUIRE(times.has_due());
  CHECK(times.take_due() == at(3));
  CHECK(times.empty());
}

TEST_CASE("held times: a time waits for all records before it, in whatever order they leave") {
  held_times times;
  std::uint64_t const first = times.add(2);
  times.advance(at(10));
  std::uint64_t const second = times.add(1);
  times.advance(at(20));
  std::uint64_t const third = times.add(1);
  CHECK_FALSE(times.has_due());
  times.leave(third);
  times.leave(second);
  times.leave(first);
  CHECK_FALSE(times.has_due());
  times.leave(first);
  REQUIRE(times.has_due());
  CHECK(times.take_due() == at(20));  // and 10 has no more to say
  CHECK(times.empty());
}

TEST_CASE("held times: an earlier time does not wait for records behind it") {
  held_times times;
  std::uint64_t const first = times.add(1);
  times.advance(at(10));
  std::uint64_t const second = times.add(1);
  times.advance(at(20));
  times.leave(first);
  REQUIRE(times.has_due());
  CHECK(times.take_due() == at(10));
  CHECK_FALSE(times.has_due());
  times.leave(second);
  CHECK(times.take_due() == at(20));
}

TEST_CASE("held times: of times with no record between them the last one counts") {
  held_times times;
  std::uint64_t const group = times.add(1);
  times.advance(at(10));
  times.advance(at(11));
  times.advance(at(12));
  times.leave(group);
  CHECK(times.take_due() == at(12));
  CHECK(times.empty());
}

TEST_CASE("held times: records that are added to an earlier group hold its time") {
  held_times times;
  std::uint64_t const group = times.add(1);
  times.advance(at(10));
  times.add_to(group, 1);
  times.leave(group);
  CHECK_FALSE(times.has_due());
  times.leave(group);
  CHECK(times.has_due());
}
