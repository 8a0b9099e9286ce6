// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/codec.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace checks {

template <class T>
std::vector<std::byte> encoded(T const& value) {
  leat::byte_buffer bytes;
  leat::encode(value, bytes);
  return {bytes.data(), bytes.data() + bytes.size()};
}

inline std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (int const value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

/// A copy that ends where its memory ends: the address sanitizer sees one byte read too many.
inline std::vector<std::byte> first_of(std::vector<std::byte> const& bytes, std::size_t count) {
  std::vector<std::byte> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
  part.shrink_to_fit();
  return part;
}

/// Comes back as it was, and neither a shorter nor a longer run of bytes is taken for it.
template <class T>
void survives(T const& value) {
  static_assert(leat::has_codec<T>);
  std::vector<std::byte> const bytes = encoded(value);
  CHECK(leat::decode<T>(bytes) == value);
  CHECK(bytes.size() >= leat::detail::least_bytes<T>);
  for (std::size_t count = 0; count < bytes.size(); ++count)
    CHECK_THROWS_AS(leat::decode<T>(first_of(bytes, count)), leat::codec_error);
  std::vector<std::byte> longer = bytes;
  longer.push_back(std::byte{0});
  CHECK_THROWS_AS(leat::decode<T>(longer), leat::codec_error);
}

/// As `survives`, and alone and in batches of several.
template <class T>
void survives_in_batches(T const& value) {
  survives(value);
  std::vector<T> const records(5, value);
  leat::byte_buffer bytes;
  leat::encode_batch(records.data(), records.size(), bytes);
  std::vector<T> read;
  CHECK(leat::decode_batch<T>(bytes, [&read](T&& record) { read.push_back(std::move(record)); }) == 5);
  CHECK(read == records);
}

/// What a refusal says.
template <class T>
std::string refusal(std::vector<std::byte> const& bytes) {
  try {
    leat::decode<T>(bytes);
  } catch (leat::codec_error const& error) {
    return error.what();
  }
  return "nothing was refused";
}

inline bool contains(std::string const& text, char const* part) { return text.find(part) != std::string::npos; }

}  // namespace checks
