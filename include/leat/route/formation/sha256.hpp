// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

/// SHA-256 (FIPS 180-4) and HMAC over it (RFC 2104): what processes prove to each other that they know a secret by.
namespace leat::detail {

using digest = std::array<std::byte, 32>;

class sha256 {
 public:
  sha256& add(std::span<std::byte const> bytes);

  digest result();

  static constexpr std::size_t block_size = 64;

 private:
  void mix();

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, block_size> block_{};
  std::uint64_t length_ = 0;
};

/// `first` and `second` as if they stood behind each other.
digest hmac_sha256(std::span<std::byte const> key, std::span<std::byte const> first,
                   std::span<std::byte const> second = {});

/// Takes the same time wherever they differ.
bool same_bytes(std::span<std::byte const> a, std::span<std::byte const> b);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/formation/sha256.ipp>
#endif
