// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace leat::detail {

/// Poly1305 (RFC 8439, 2.5): the tag of one message by a key that is used for this message only. The message is a
/// number of blocks of 16 bytes, and what is shorter at its end.
class poly1305 {
 public:
  static constexpr std::size_t block_size = 16;
  using tag = std::array<std::byte, 16>;

  explicit poly1305(std::span<std::byte const, 32> key);

  /// To put it away, and to go on with it.
  using state = std::array<std::uint64_t, 7>;
  explicit poly1305(state const& saved);
  state saved() const { return {h0_, h1_, h2_, r0_, r1_, s0_, s1_}; }

  /// Whole blocks; what is left over is as if zeros followed it.
  void add_padded(std::span<std::byte const> bytes);
  /// The last of the message, of any length.
  void add_last(std::span<std::byte const> bytes);

  tag result() const;

 private:
  static std::uint64_t word(std::byte const* at);

  /// h = (h + block) * r modulo 2^130 - 5, partly reduced; `top` is the bit above the block.
  void add_blocks(std::byte const* at, std::size_t count, std::uint64_t top);

  std::uint64_t h0_ = 0, h1_ = 0, h2_ = 0;
  std::uint64_t r0_ = 0, r1_ = 0;
  std::uint64_t s0_ = 0, s1_ = 0;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/peers/poly1305.ipp>
#endif
