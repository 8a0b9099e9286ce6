// SPDX-License-Identifier: BSL-1.0
#include <leat/time/alarm_heap.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

using leat::detail::alarm_heap;

namespace {

void approach(std::uint64_t) {}

std::vector<std::uint64_t> rung(alarm_heap& from, std::int64_t now) {
  std::vector<std::uint64_t> hashes;
  std::size_t most = std::numeric_limits<std::size_t>::max();
  CHECK(from.ring(now, most, approach, [&](std::uint64_t hash) { hashes.push_back(hash); }));
  std::sort(hashes.begin(), hashes.end());
  return hashes;
}

}  // namespace

TEST_CASE("alarms ring when a sorted list would say so") {
  for (unsigned seed = 0; seed != 60; ++seed) {
    std::mt19937_64 chance(seed);
    // Near, far, all the same, on both sides of 1970.
    std::int64_t const reach = std::int64_t{1} << (chance() % 62);
    alarm_heap tested;
    std::vector<std::pair<std::int64_t, std::uint64_t>> list;
    std::int64_t now = -reach;
    for (unsigned step = 0; step != 300; ++step) {
      for (unsigned add = chance() % 4; add != 0; --add) {
        std::int64_t const when =
            now / 2 + static_cast<std::int64_t>(chance() % static_cast<std::uint64_t>(reach)) - reach / 8;
        std::uint64_t const hash = chance();
        tested.add(when, hash);
        list.emplace_back(when, hash);
      }
      std::int64_t least = alarm_heap::never_rings;
      for (auto const& [when, hash] : list) least = std::min(least, when);
      REQUIRE(tested.next() == least);
      now =
          std::max(now, now / 2 + static_cast<std::int64_t>(chance() % static_cast<std::uint64_t>(reach)) - reach / 4);
      std::vector<std::uint64_t> due;
      std::erase_if(list, [&](auto const& each) {
        if (each.first > now) return false;
        due.push_back(each.second);
        return true;
      });
      std::sort(due.begin(), due.end());
      REQUIRE(tested.due(now) == !due.empty());
      REQUIRE(rung(tested, now) == due);
      REQUIRE(tested.size() == list.size());
    }
  }
}

TEST_CASE("alarms ring a portion at a time, and the rest the next time") {
  alarm_heap tested;
  for (std::uint64_t i = 0; i != 10; ++i) tested.add(5, i);
  std::size_t most = 4;
  std::size_t count = 0;
  CHECK_FALSE(tested.ring(5, most, approach, [&](std::uint64_t) { ++count; }));
  CHECK(count == 4);
  CHECK(tested.due(5));
  CHECK(rung(tested, 5).size() == 6);
  CHECK_FALSE(tested.due(5));
}

TEST_CASE("alarms that ring soon are told before, so that their keys can be loaded") {
  alarm_heap tested;
  for (std::uint64_t i = 0; i != 50; ++i) tested.add(5, i);
  std::size_t most = 100;
  std::vector<bool> told(50);
  std::size_t untold = 0;
  CHECK(tested.ring(
      5, most, [&](std::uint64_t hash) { told[hash] = true; },
      [&](std::uint64_t hash) { untold += told[hash] ? 0 : 1; }));
  CHECK(untold > 0);  // the first ones
  CHECK(untold < 25);
}

TEST_CASE("an alarm that is added while others ring rings if it is due") {
  alarm_heap tested;
  tested.add(5, 0);
  std::size_t most = 100;
  std::vector<std::uint64_t> hashes;
  CHECK(tested.ring(5, most, approach, [&](std::uint64_t hash) {
    hashes.push_back(hash);
    if (hash < 3) tested.add(4, hash + 1);
    tested.add(7, 9);
  }));
  CHECK(hashes == std::vector<std::uint64_t>{0, 1, 2, 3});
  CHECK(tested.next() == 7);
}

TEST_CASE("alarms at the ends of time") {
  alarm_heap tested;
  tested.add(std::numeric_limits<std::int64_t>::max(), 1);
  tested.add(std::numeric_limits<std::int64_t>::max() - 1, 2);
  tested.add(std::numeric_limits<std::int64_t>::min(), 3);
  CHECK(rung(tested, std::numeric_limits<std::int64_t>::min()) == std::vector<std::uint64_t>{3});
  CHECK(rung(tested, std::numeric_limits<std::int64_t>::max() - 1) == std::vector<std::uint64_t>{2});
  CHECK(rung(tested, std::numeric_limits<std::int64_t>::max()) == std::vector<std::uint64_t>{1});
}
