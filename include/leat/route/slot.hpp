// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/codec.hpp>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace leat {

/// Keys fall into this many slots; a slot is the unit in which keys are owned, moved, kept and loaded.
inline constexpr unsigned slot_count = 4096;

/// The slot of a key with this hash.
constexpr unsigned slot_of(std::uint64_t hash) { return static_cast<unsigned>(hash & (slot_count - 1)); }

/// The worker that owns a slot, of so many workers in all processes: each owns one contiguous range.
constexpr unsigned owner_of(unsigned slot, unsigned workers) {
  return static_cast<unsigned>((std::uint64_t{slot} * workers) / slot_count);
}

namespace detail {

/// XXH3-64 of 4 to 8 bytes, which compilers do not always inline from the library. Algorithm: Yann Collet,
/// xxHash 0.8, `XXH3_len_4to8_64b` with the default secret and seed 0.
template <std::size_t Size>
[[gnu::always_inline]] inline std::uint64_t hash_of_word(std::byte const* from) {
  static_assert(Size >= 4 && Size <= 8);
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::memcpy(&first, from, sizeof first);
  std::memcpy(&last, from + (Size - sizeof last), sizeof last);
  constexpr std::uint64_t secret = 0x1cad21f72c81017cULL ^ 0xdb979083e96dd4deULL;
  constexpr std::uint64_t multiplier = 0x9fb21c651e98df25ULL;
  std::uint64_t mixed = (last + (std::uint64_t{first} << 32)) ^ secret;
  mixed ^= (mixed << 49 | mixed >> 15) ^ (mixed << 24 | mixed >> 40);
  mixed *= multiplier;
  mixed ^= (mixed >> 35) + Size;
  mixed *= multiplier;
  return mixed ^ (mixed >> 28);
}

template <std::size_t Size>
[[gnu::always_inline]] inline std::uint64_t hash_of_bytes(std::byte const* from) {
  if constexpr (Size >= 4 && Size <= 8)
    return hash_of_word<Size>(from);
  else
    return XXH3_64bits(from, Size);
}

template <class K>
inline constexpr bool is_byte_string = false;
template <class Traits, class Allocator>
inline constexpr bool is_byte_string<std::basic_string<char, Traits, Allocator>> = true;
template <class Traits>
inline constexpr bool is_byte_string<std::basic_string_view<char, Traits>> = true;

/// Equal keys must have equal bytes. The order of an unordered container's elements is its own affair.
template <class K>
concept unordered = requires { typename K::hasher; };

template <class K>
std::uint64_t hash_of_encoded(K const& key) {
  std::byte room[256];
  byte_buffer bytes{std::span<std::byte>(room)};
  encode(key, bytes);
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace detail

/// The specified hash that routes a key: XXH3-64 over the key's codec bytes, the same in every build and on
/// every machine. A key that is a string hashes its characters, without the count that the codec puts before
/// them, so that a string_view finds a string. A floating point 0.0 and -0.0 are equal keys and hash alike.
/// Inside a larger key they do not, having different bytes: round them before, or use integers.
template <class K>
[[gnu::always_inline]] inline std::uint64_t key_hash(K const& key) {
  if constexpr (detail::is_byte_string<K>) {
    return XXH3_64bits(key.data(), key.size());
  } else if constexpr (std::is_floating_point_v<K> && detail::is_scalar_value<K>) {
    K const positive_zero = key + K{0};
    return detail::hash_of_bytes<sizeof(K)>(reinterpret_cast<std::byte const*>(&positive_zero));
  } else if constexpr (detail::encoded_as_is<K> || std::is_same_v<K, bool>) {
    return detail::hash_of_bytes<sizeof(K)>(reinterpret_cast<std::byte const*>(&key));
  } else {
    constexpr bool key_has_an_order = !detail::unordered<K>;
    static_assert(
        key_has_an_order,
        "leat: an unordered container cannot be a key: equal ones may have different bytes. Use a std::set, a "
        "std::map or a sorted vector");
    if constexpr (key_has_an_order)
      return detail::hash_of_encoded(key);
    else
      return 0;
  }
}

}  // namespace leat
