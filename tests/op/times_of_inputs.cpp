// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/times_of_inputs.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

using leat::detail::mark;
using leat::detail::mark_kind;
using leat::detail::stream_time;
using leat::detail::times_of_inputs;

namespace {

constexpr std::int64_t unknown = stream_time::nothing_known;
constexpr mark the_end{mark_kind::end, 1};
constexpr mark a_stop{mark_kind::stop, 1};
constexpr mark a_barrier{mark_kind::barrier, 1};

stream_time at(std::int64_t watermark, std::int64_t quiet = 0) { return {watermark, quiet, false}; }
stream_time asleep(std::int64_t watermark) { return {watermark, 0, true}; }

}  // namespace

TEST_CASE("times: one input alone says what the stream's time is, and what it says again is no news") {
  times_of_inputs single(1);
  CHECK(single.now() == stream_time{});
  CHECK(single.advance(0, at(5, 2)));
  CHECK(single.now() == at(5, 2));
  CHECK_FALSE(single.advance(0, at(5, 2)));
  CHECK_FALSE(single.arrive(0, a_barrier));
  CHECK(single.advance(0, at(6, 2)));
  CHECK(single.now() == at(6, 2));
}

TEST_CASE("times: the least of the inputs counts, and none before all have said something") {
  times_of_inputs in(3);
  CHECK_FALSE(in.advance(0, at(10)));
  CHECK_FALSE(in.advance(2, at(7)));
  CHECK(in.now().watermark == unknown);
  CHECK(in.advance(1, at(30)));
  CHECK(in.now().watermark == 7);
  CHECK(in.advance(2, at(20)));
  CHECK(in.now().watermark == 10);
}

TEST_CASE("times: what goes back moves nothing") {
  times_of_inputs in(2);
  in.advance(0, at(10, 4));
  in.advance(1, at(12, 5));
  CHECK_FALSE(in.advance(0, at(3, 1)));
  CHECK_FALSE(in.advance(0, at(unknown, 0)));
  CHECK(in.now() == at(10, 4));
}

TEST_CASE("times: quiet time is the least of the inputs that have not ended, idle ones too") {
  times_of_inputs in(2);
  in.advance(0, at(10, 100));
  in.advance(1, {10, 60, true});
  CHECK(in.now() == at(10, 60));
  in.arrive(1, the_end);
  CHECK(in.now() == at(10, 100));
}

TEST_CASE("times: an idle input is left out, and what it says when it wakes takes nothing back") {
  times_of_inputs in(2);
  in.advance(0, at(10));
  CHECK(in.advance(1, asleep(4)));
  CHECK(in.now() == at(10));
  CHECK_FALSE(in.advance(1, at(6)));
  CHECK(in.now() == at(10));
  CHECK_FALSE(in.advance(0, at(20)));  // the one that woke holds again
  CHECK(in.advance(1, at(15)));
  CHECK(in.now() == at(15));
}

TEST_CASE("times: where each input brings the whole stream's time an idle one is waited for as others are") {
  times_of_inputs in(2, true);
  in.advance(0, asleep(unknown));
  CHECK_FALSE(in.advance(1, at(10)));  // the first one has records on the way, and then says as much
  in.advance(1, asleep(10));
  CHECK(in.now() == asleep(unknown));
  in.advance(0, asleep(7));
  CHECK(in.now() == asleep(7));
  in.advance(0, at(12));
  CHECK(in.now() == at(10));
  in.arrive(0, the_end);
  in.advance(1, asleep(11));
  CHECK(in.now() == asleep(11));
  in.arrive(1, the_end);
  CHECK(in.now() == at(12));
}

TEST_CASE("times: where all are idle the greatest counts, in whichever order they fell asleep") {
  for (bool const first_sleeps_first : {true, false}) {
    CAPTURE(first_sleeps_first);
    times_of_inputs in(2);
    in.advance(0, at(5));
    in.advance(1, at(4));
    in.advance(first_sleeps_first ? 0 : 1, asleep(first_sleeps_first ? 5 : 4));
    in.advance(first_sleeps_first ? 1 : 0, asleep(first_sleeps_first ? 4 : 5));
    CHECK(in.now() == asleep(5));
    CHECK(in.advance(1, at(6)));  // it wakes alone, and is followed at once
    CHECK(in.now() == at(6));
  }
}

TEST_CASE("times: an input that has ended is left out for good") {
  times_of_inputs in(2);
  in.advance(0, at(3));
  in.advance(1, at(50));
  CHECK(in.arrive(0, the_end));
  CHECK(in.now() == at(50));
  CHECK(in.advance(1, at(51)));
  CHECK_FALSE(in.advance(0, at(60)));
}

TEST_CASE("times: an input that ended without a word holds nobody") {
  times_of_inputs in(2);
  CHECK_FALSE(in.arrive(0, the_end));
  CHECK(in.advance(1, at(8)));
  CHECK(in.now() == at(8));
}

TEST_CASE("times: an input that was stopped holds for good, idle or not") {
  for (bool const idle : {false, true}) {
    CAPTURE(idle);
    times_of_inputs in(2);
    in.advance(0, at(3));
    in.advance(1, at(9));
    if (idle) in.advance(0, asleep(3));
    std::int64_t const so_far = idle ? 9 : 3;
    in.arrive(0, a_stop);
    CHECK(in.now() == at(so_far));
    CHECK_FALSE(in.advance(1, at(40)));
    CHECK_FALSE(in.arrive(1, the_end));
    CHECK(in.now() == at(so_far));
  }
}

TEST_CASE("times: when all have ended the time is the greatest of theirs, whichever was last") {
  for (std::size_t const last : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    CAPTURE(last);
    times_of_inputs in(3);
    in.advance(0, at(5));
    in.advance(1, at(20));
    for (std::size_t i = 0; i != 3; ++i)
      if (i != last) in.arrive(i, the_end);
    CHECK(in.arrive(last, the_end) == (last != 1));
    CHECK(in.now() == at(20));
  }
}

TEST_CASE("times: the end of inputs that never said a time says none") {
  times_of_inputs in(2);
  CHECK_FALSE(in.arrive(0, the_end));
  CHECK_FALSE(in.arrive(1, the_end));
  CHECK_FALSE(in.now().says_something());
}

TEST_CASE("times: whatever is said, the time never goes back, and is never more than the least active input's") {
  std::uint64_t chance = 7;
  auto const draw = [&](std::uint64_t below) {
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance % below;
  };
  for (int round = 0; round != 200; ++round) {
    std::size_t const count = 1 + draw(5);
    times_of_inputs in(count);
    std::vector<stream_time> times(count);
    std::vector<bool> ended(count);
    stream_time before;
    for (int step = 0; step != 60; ++step) {
      std::size_t const input = draw(count);
      if (ended[input]) continue;
      bool changed = false;
      if (draw(20) == 0) {
        ended[input] = true;
        changed = in.arrive(input, the_end);
      } else {
        times[input].watermark = std::max<std::int64_t>(times[input].watermark, static_cast<std::int64_t>(draw(100)));
        times[input].idle = draw(4) == 0;
        changed = in.advance(input, times[input]);
      }
      stream_time const now = in.now();
      bool active = false;
      std::int64_t least = std::numeric_limits<std::int64_t>::max();
      for (std::size_t i = 0; i != count; ++i)
        if (!ended[i] && !times[i].idle) {
          active = true;
          least = std::min(least, times[i].watermark);
        }
      CHECK(changed == (now != before));
      CHECK(now.watermark >= before.watermark);
      if (active) CHECK(now.watermark <= std::max(least, before.watermark));
      before = now;
    }
  }
}
