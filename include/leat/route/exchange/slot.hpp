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

namespace detail {

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
