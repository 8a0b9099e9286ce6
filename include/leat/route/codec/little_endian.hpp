// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace leat::detail {

/// Writes an integer or an enumeration, least byte first; gives the place behind it.
template <class T>
std::byte* put_little_endian(T value, std::byte* to) {
  auto const bits = static_cast<std::uint64_t>(value);
  for (std::size_t i = 0; i != sizeof(T); ++i) *to++ = static_cast<std::byte>(bits >> (8 * i) & 0xff);
  return to;
}

/// Reads what `put_little_endian` wrote; gives the place behind it.
template <class T>
std::byte const* get_little_endian(T& value, std::byte const* from) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i != sizeof(T); ++i) bits |= std::to_integer<std::uint64_t>(*from++) << (8 * i);
  value = static_cast<T>(bits);
  return from;
}

}  // namespace leat::detail
