// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/codec.hpp>
#include <leat/route/exchange/word_hash.hpp>

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

/// Of two workers the second owns the slots of hashes that have this bit.
inline constexpr unsigned bit_of_owner_of_two = 11;
static_assert(owner_of((1u << bit_of_owner_of_two) - 1, 2) == 0 && owner_of(1u << bit_of_owner_of_two, 2) == 1 &&
              owner_of(slot_count - 1, 2) == 1);

/// Keys whose bytes fill most of a word: compilers do not always inline the library's hash of those.
template <class K>
inline constexpr bool hashed_as_word =
    encoded_as_is<K> && sizeof(K) >= 4 && sizeof(K) <= 8 && (std::is_floating_point_v<K> || !may_differ_in_bytes<K>());

/// The bytes of such a key, in the low ones of the word.
template <class K>
[[gnu::always_inline]] inline std::uint64_t word_of(K const& key) {
  std::uint64_t word = 0;
  if constexpr (std::is_floating_point_v<K>) {
    K const positive_zero = key + K{0};
    std::memcpy(&word, &positive_zero, sizeof(K));
  } else {
    std::memcpy(&word, &key, sizeof(K));
  }
  return word;
}

/// XXH3-64 without a seed.
std::uint64_t hash_of_bytes(void const* bytes, std::size_t count);

template <class K>
inline constexpr bool is_byte_string = false;
template <class Traits, class Allocator>
inline constexpr bool is_byte_string<std::basic_string<char, Traits, Allocator>> = true;
template <class Traits>
inline constexpr bool is_byte_string<std::basic_string_view<char, Traits>> = true;

/// Equal keys must have equal bytes.
template <class K>
std::uint64_t hash_of_encoded(K const& key) {
  std::byte room[256];
  byte_buffer bytes{std::span<std::byte>(room)};
  if constexpr (may_differ_in_bytes<K>()) {
    basic_output_archive<equal_bytes<boost::serialization::access>> archive(bytes);
    archive & key;
  } else {
    encode(key, bytes);
  }
  return hash_of_bytes(bytes.data(), bytes.size());
}

}  // namespace detail

/// The specified hash that routes a key: XXH3-64 over the key's codec bytes, the same in every build and on
/// every machine. A key that is a string hashes its characters, without the count that the codec puts before
/// them, so that a string_view finds a string. A floating point 0.0 and -0.0 are equal keys and hash alike,
/// also inside a larger key: -0.0 is written as 0.0.
template <class K>
[[gnu::always_inline]] inline std::uint64_t key_hash(K const& key) {
  if constexpr (detail::is_byte_string<K>) {
    return detail::hash_of_bytes(key.data(), key.size());
  } else if constexpr (detail::hashed_as_word<K>) {
    std::uint64_t word = detail::word_of(key);
    detail::hash_in_place<sizeof(K)>(word);
    return word;
  } else if constexpr ((detail::encoded_as_is<K> && !detail::may_differ_in_bytes<K>()) || std::is_same_v<K, bool>) {
    return detail::hash_of_bytes(&key, sizeof(K));
  } else {
    return detail::hash_of_encoded(key);
  }
}

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/route/exchange/slot.ipp>
#endif
