// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

namespace leat::detail {

/// A number in the order of the integers of its type.
template <std::integral T>
constexpr std::uint64_t radix_of(T value) {
  using unsigned_type = std::make_unsigned_t<T>;
  constexpr auto least = static_cast<unsigned_type>((std::numeric_limits<T>::min)());
  return static_cast<unsigned_type>(static_cast<unsigned_type>(value) - least);
}

/// Sorts by `number_of(item)`, 64 bits at most. What is small enough is sorted by comparing; the rest is parted by the
/// leading bits in which its numbers differ, and each part sorted in the same way, so that parts soon lie in the cache
/// (a most significant digit radix sort; Knuth, volume 3, 5.2.5). `scratch` is as large as `items`.
template <class T, class NumberOf>
void radix_sort(std::span<T> items, T* scratch, NumberOf const& number_of) {
  static_assert(std::is_trivially_copyable_v<T>);
  constexpr std::size_t few = 64;
  constexpr unsigned most_bits = 11;
  if (items.size() <= few)
    return std::sort(items.begin(), items.end(), [&](T const& a, T const& b) { return number_of(a) < number_of(b); });

  std::uint64_t least = number_of(items.front());
  std::uint64_t greatest = least;
  for (T const& item : items) {
    least = (std::min)(least, number_of(item));
    greatest = (std::max)(greatest, number_of(item));
  }
  auto const differing = static_cast<unsigned>(std::bit_width(greatest - least));
  if (differing == 0) return;
  // About eight items a part, if the numbers are spread evenly.
  unsigned const wanted = (std::min)(most_bits, static_cast<unsigned>(std::bit_width(items.size() / 8)));
  unsigned const shift = differing > wanted ? differing - wanted : 0;
  auto const part_of = [&](T const& item) { return (number_of(item) - least) >> shift; };

  std::size_t ends[std::size_t{1} << most_bits] = {};
  std::size_t const parts = ((greatest - least) >> shift) + 1;
  for (T const& item : items) ++ends[part_of(item)];
  std::size_t before = 0;
  for (std::size_t part = 0; part != parts; ++part) {
    before += ends[part];
    ends[part] = before;
  }
  for (T const& item : items) std::memcpy(scratch + --ends[part_of(item)], &item, sizeof(T));
  std::memcpy(items.data(), scratch, items.size_bytes());
  for (std::size_t part = 0; part != parts; ++part) {
    std::size_t const end = part + 1 == parts ? items.size() : ends[part + 1];
    if (end - ends[part] > 1) radix_sort(items.subspan(ends[part], end - ends[part]), scratch, number_of);
  }
}

}  // namespace leat::detail
