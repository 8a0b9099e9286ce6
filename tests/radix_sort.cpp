// SPDX-License-Identifier: BSL-1.0
#include <leat/detail/radix_sort.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <type_traits>
#include <vector>

namespace {

template <class T>
void sorts(std::vector<T> items) {
  std::vector<T> expected(items);
  std::sort(expected.begin(), expected.end());
  std::vector<T> scratch(items.size());
  leat::detail::radix_sort(std::span(items), scratch.data(), &leat::detail::radix_of<T>);
  CHECK(items == expected);
}

}  // namespace

TEST_CASE_TEMPLATE("radix_sort orders as comparing does", T, std::int8_t, std::uint16_t, std::int32_t, std::uint64_t,
                   std::int64_t) {
  using limits = std::numeric_limits<T>;
  std::mt19937_64 draw(1);
  for (std::size_t count : {0u, 1u, 2u, 64u, 65u, 1000u, 70000u}) {
    CAPTURE(count);
    std::vector<T> anywhere(count);
    std::vector<T> nearby(count);
    std::vector<T> of_all_sizes(count);
    std::vector<T> at_the_limits(count);
    for (std::size_t i = 0; i != count; ++i) {
      anywhere[i] = static_cast<T>(draw());
      nearby[i] = static_cast<T>(limits::max() - static_cast<T>(draw() % 100));
      of_all_sizes[i] = static_cast<T>(draw() >> (draw() % 64));
      at_the_limits[i] = draw() % 2 == 0 ? limits::min() : limits::max();
    }
    sorts(anywhere);
    sorts(nearby);
    sorts(of_all_sizes);
    sorts(at_the_limits);
    sorts(std::vector<T>(count, T{7}));
    std::sort(anywhere.begin(), anywhere.end());
    sorts(anywhere);
  }
}
