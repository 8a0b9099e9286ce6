// SPDX-License-Identifier: BSL-1.0
#include <leat/time/ordered_queue.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

using leat::moment;
using leat::detail::ordered_queue;
using leat::detail::queued_value;
using namespace std::chrono_literals;

namespace {

moment at(std::int64_t time) { return moment(std::chrono::nanoseconds(time)); }

using entry = std::pair<std::int64_t, int>;

}  // namespace

TEST_CASE("values come out in the order of their times, and of their arrival, as from a stable sort") {
  for (unsigned seed = 0; seed != 60; ++seed) {
    std::mt19937_64 chance(seed);
    std::int64_t const disorder = std::int64_t{1} << (chance() % 11);
    std::size_t const together = 1 + chance() % 400;
    ordered_queue<int> tested;
    std::vector<entry> waiting;
    std::vector<entry> taken;
    std::vector<entry> expected;
    int number = 0;
    for (std::int64_t now = 0; now < 1500; ++now) {
      std::int64_t const time = now + static_cast<std::int64_t>(chance() % static_cast<std::uint64_t>(disorder));
      tested.add(queued_value<int>(at(time), int(number), false));
      waiting.emplace_back(time, number++);
      if (chance() % together != 0) continue;
      std::sort(waiting.begin(), waiting.end());  // by time, then by number
      REQUIRE(tested.next() == at(waiting.front().first));
      REQUIRE(tested.size() == waiting.size());
      tested.take_until(at(now), [&](queued_value<int>&& next) {
        taken.emplace_back(next.at.time_since_epoch().count(), next.value);
      });
      auto const behind = std::find_if(waiting.begin(), waiting.end(), [&](auto& each) { return each.first > now; });
      expected.insert(expected.end(), waiting.begin(), behind);
      waiting.erase(waiting.begin(), behind);
      REQUIRE(taken == expected);
    }
    tested.take_until(moment::max(), [&](queued_value<int>&& next) {
      taken.emplace_back(next.at.time_since_epoch().count(), next.value);
    });
    std::sort(waiting.begin(), waiting.end());
    expected.insert(expected.end(), waiting.begin(), waiting.end());
    CHECK(taken == expected);
    CHECK(tested.empty());
    CHECK(tested.next() == moment::max());
  }
}

TEST_CASE("a queue that is written down and read again gives the same order") {
  std::mt19937_64 chance(7);
  ordered_queue<int> tested;
  for (int i = 0; i != 500; ++i)
    tested.add(queued_value<int>(at(static_cast<std::int64_t>(chance() % 100)), int(i), false));
  tested.take_until(at(20), [](queued_value<int>&&) {});
  ordered_queue<int> again;
  tested.each([&](queued_value<int> const& each) { again.add(queued_value<int>(each)); });
  std::vector<int> first;
  std::vector<int> second;
  tested.take_until(moment::max(), [&](queued_value<int>&& next) { first.push_back(next.value); });
  again.take_until(moment::max(), [&](queued_value<int>&& next) { second.push_back(next.value); });
  CHECK(first == second);
}
