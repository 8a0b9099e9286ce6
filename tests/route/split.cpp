// SPDX-License-Identifier: BSL-1.0
#include <leat/route/exchange/split.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

constexpr unsigned bit = 11;

/// `second` says of each record whether it is for the second of the two.
template <class IsSecond>
void check(std::size_t count, IsSecond&& second) {
  CAPTURE(count);
  std::vector<double> records;
  std::vector<std::uint64_t> hashes;
  std::vector<double> expected_first;
  std::vector<double> expected_second;
  for (std::size_t i = 0; i != count; ++i) {
    records.push_back(static_cast<double>(i) + 0.5);
    std::uint64_t const others = (i * 0x9e3779b97f4a7c15u) & ~(std::uint64_t{1} << bit);
    hashes.push_back(others | std::uint64_t{second(i)} << bit);
    (second(i) ? expected_second : expected_first).push_back(records.back());
  }
  constexpr double untouched = -1;
  std::vector<double> first(count + 8, untouched);
  std::vector<double> last(count + 8, untouched);
  double* first_end = first.data();
  double* last_end = last.data();
  leat::detail::split_words<bit>(records.data(), hashes.data(), count, first_end, last_end);

  CHECK(std::vector<double>(first.data(), first_end) == expected_first);
  CHECK(std::vector<double>(last.data(), last_end) == expected_second);
  for (std::size_t i = count; i != count + 8; ++i) {
    CHECK(first[i] == untouched);
    CHECK(last[i] == untouched);
  }
}

TEST_CASE("split_words: each record goes to one of two, in order, and nothing is written beyond their number") {
  for (std::size_t count : {0u, 1u, 7u, 8u, 9u, 15u, 64u, 253u, 256u}) {
    check(count, [](std::size_t) { return false; });
    check(count, [](std::size_t) { return true; });
    check(count, [](std::size_t i) { return i % 3 == 1; });
    check(count, [](std::size_t i) { return i * i % 7 < 4; });
  }
}

}  // namespace
