// SPDX-License-Identifier: BSL-1.0
#include <leat/route/exchange/ring.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

using leat::detail::ring;

namespace {

/// Not one word: a half that is torn would show.
struct item {
  std::uint64_t number = 0;
  std::uint64_t twice = 0;
};

template <std::size_t Capacity>
void fills_and_empties() {
  CAPTURE(Capacity);
  ring<item, Capacity> queue;
  item got;
  CHECK_FALSE(queue.pop(got));
  CHECK(queue.drained());
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (int lap = 0; lap != 5; ++lap) {  // its positions go round
    while (queue.push({in, 2 * in})) ++in;
    CHECK(in - out == Capacity);
    CHECK_FALSE(queue.drained());
    std::uint64_t const left = lap % 2 == 0 ? 0 : Capacity / 2;
    while (in - out != left) {
      REQUIRE(queue.pop(got));
      CHECK(got.number == out);
      CHECK(got.twice == 2 * out);
      ++out;
    }
    CHECK(queue.drained() == (left == 0));
  }
}

/// One thread pushes, another pops; each yields when it cannot. What was written before a push is seen after its pop.
template <std::size_t Capacity>
void between_threads(std::uint64_t count) {
  CAPTURE(Capacity);
  ring<item, Capacity> there;
  ring<std::uint64_t*, Capacity> back;
  std::uint64_t beside[Capacity] = {};
  std::thread producer([&] {
    std::uint64_t used = 0;
    for (std::uint64_t i = 0; i != count; ++i) {
      std::uint64_t* place = nullptr;
      if (used != Capacity)
        place = &beside[used++];
      else
        while (!back.pop(place)) std::this_thread::yield();
      *place = i;  // the consumer has given it away
      while (!there.push({i, reinterpret_cast<std::uint64_t>(place)})) std::this_thread::yield();
    }
    while (!there.drained()) std::this_thread::yield();
  });
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i != count; ++i) {
    item got;
    while (!there.pop(got)) std::this_thread::yield();
    auto* const place = reinterpret_cast<std::uint64_t*>(got.twice);
    wrong += got.number != i || *place != i;
    REQUIRE(back.push(place));  // as many places as it is large
  }
  producer.join();
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("a ring holds as many items as it is large, in order, round and round") {
  fills_and_empties<1>();
  fills_and_empties<2>();
  fills_and_empties<64>();
}

TEST_CASE("a ring passes items, and what was written before them, from one thread to another") {
  between_threads<4>(1000);
  between_threads<64>(5000);
}

TEST_CASE("a ring for one item passes them too") {
  ring<item, 1> there;
  std::thread producer([&] {
    for (std::uint64_t i = 0; i != 500; ++i)
      while (!there.push({i, ~i})) std::this_thread::yield();
  });
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i != 500; ++i) {
    item got;
    while (!there.pop(got)) std::this_thread::yield();
    wrong += got.number != i || got.twice != ~i;
  }
  producer.join();
  CHECK(wrong == 0);
  CHECK(there.drained());
}

TEST_CASE("a ring for one item is small, and the counters of a larger one lie in cache lines of their own") {
  CHECK(sizeof(ring<std::uint64_t, 1>) <= 32);
  CHECK(sizeof(ring<std::uint64_t, 64>) == 64 * 16 + 2 * 64);
}
