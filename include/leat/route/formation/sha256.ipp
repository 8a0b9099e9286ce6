// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/formation/sha256.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace leat::detail {

LEAT_INLINE sha256& sha256::add(std::span<std::byte const> bytes) {
  for (std::byte byte : bytes) {
    block_[length_++ % block_size] = byte;
    if (length_ % block_size == 0) mix();
  }
  return *this;
}

LEAT_INLINE digest sha256::result() {
  std::uint64_t const bits = length_ * 8;
  std::byte const bit{0x80};
  add({&bit, 1});
  std::byte const zero{};
  while (length_ % block_size != block_size - 8) add({&zero, 1});
  for (int shift = 56; shift >= 0; shift -= 8) {
    std::byte const part = static_cast<std::byte>(bits >> shift & 0xff);
    add({&part, 1});
  }
  digest result{};
  for (std::size_t i = 0; i != result.size(); ++i)
    result[i] = static_cast<std::byte>(state_[i / 4] >> (24 - 8 * (i % 4)) & 0xff);
  return result;
}

LEAT_INLINE void sha256::mix() {
  static constexpr std::array<std::uint32_t, 64> constants{
      0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
      0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
      0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
      0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
      0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
      0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
      0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
      0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i != 16; ++i)
    for (std::size_t j = 0; j != 4; ++j) w[i] = w[i] << 8 | std::to_integer<std::uint32_t>(block_[4 * i + j]);
  for (std::size_t i = 16; i != 64; ++i) {
    std::uint32_t const low = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    std::uint32_t const high = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + low + w[i - 7] + high;
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (std::size_t i = 0; i != 64; ++i) {
    std::uint32_t const chosen =
        h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i];
    std::uint32_t const majority =
        (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + chosen;
    d = c;
    c = b;
    b = a;
    a = chosen + majority;
  }
  std::array<std::uint32_t, 8> const mixed{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i != 8; ++i) state_[i] += mixed[i];
}

LEAT_INLINE digest hmac_sha256(std::span<std::byte const> key, std::span<std::byte const> first,
                               std::span<std::byte const> second) {
  std::array<std::byte, sha256::block_size> padded{};
  if (key.size() > padded.size()) {
    digest const shortened = sha256().add(key).result();
    std::copy(shortened.begin(), shortened.end(), padded.begin());
  } else {
    std::copy(key.begin(), key.end(), padded.begin());
  }
  auto const with = [&](std::byte pattern) {
    std::array<std::byte, sha256::block_size> changed{};
    for (std::size_t i = 0; i != padded.size(); ++i) changed[i] = padded[i] ^ pattern;
    return changed;
  };
  digest const inner = sha256().add(with(std::byte{0x36})).add(first).add(second).result();
  return sha256().add(with(std::byte{0x5c})).add(inner).result();
}

LEAT_INLINE bool same_bytes(std::span<std::byte const> a, std::span<std::byte const> b) {
  std::byte difference{};
  for (std::size_t i = 0; i != (std::min)(a.size(), b.size()); ++i) difference |= a[i] ^ b[i];
  return a.size() == b.size() && difference == std::byte{};
}

}  // namespace leat::detail
