// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/instructions.hpp>
#include <leat/route/codec/little_endian.hpp>
#include <leat/route/peers/poly1305.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace leat::detail {

#if defined(__SIZEOF_INT128__) && !defined(LEAT_PORTABLE)
/// What two words multiplied make.
__extension__ using two_words = unsigned __int128;
inline std::uint64_t low_word(two_words const& words) { return static_cast<std::uint64_t>(words); }
inline std::uint64_t high_word(two_words const& words) { return static_cast<std::uint64_t>(words >> 64); }
inline two_words product(std::uint64_t a, std::uint64_t b) { return static_cast<two_words>(a) * b; }
#else
struct two_words {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  two_words(std::uint64_t low_part, std::uint64_t high_part = 0) : low(low_part), high(high_part) {}
  two_words operator+(two_words const& other) const {
    return {low + other.low, high + other.high + (low + other.low < low ? 1 : 0)};
  }
};
inline std::uint64_t low_word(two_words const& words) { return words.low; }
inline std::uint64_t high_word(two_words const& words) { return words.high; }
inline two_words product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t const a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
  std::uint64_t const middle = (a0 * b0 >> 32) + (a1 * b0 & 0xffffffff) + (a0 * b1 & 0xffffffff);
  return {a * b, a1 * b1 + (a1 * b0 >> 32) + (a0 * b1 >> 32) + (middle >> 32)};
}
#endif

/// Puts the sum of both and of the carry into `sum`; gives the carry out of it. With g++ 12 the whole is twice as fast
/// by the instruction as by sums of wider integers (measured).
inline unsigned char add_with_carry(unsigned char carry, std::uint64_t a, std::uint64_t b, std::uint64_t& sum) {
#ifdef LEAT_X86
  return add_by_instruction(carry, a, b, sum);
#else
  two_words const total = two_words(a) + two_words(b) + two_words(carry);
  sum = low_word(total);
  return static_cast<unsigned char>(high_word(total));
#endif
}

LEAT_INLINE poly1305::poly1305(std::span<std::byte const, 32> key)
    : r0_(word(key.data()) & 0x0ffffffc0fffffff),
      r1_(word(key.data() + 8) & 0x0ffffffc0ffffffc),
      s0_(word(key.data() + 16)),
      s1_(word(key.data() + 24)) {}

LEAT_INLINE poly1305::poly1305(state const& saved)
    : h0_(saved[0]), h1_(saved[1]), h2_(saved[2]), r0_(saved[3]), r1_(saved[4]), s0_(saved[5]), s1_(saved[6]) {}

LEAT_INLINE void poly1305::add_padded(std::span<std::byte const> bytes) {
  std::size_t const whole = bytes.size() / block_size * block_size;
  add_blocks(bytes.data(), whole / block_size, 1);
  if (whole == bytes.size()) return;
  std::array<std::byte, block_size> last{};
  std::memcpy(last.data(), bytes.data() + whole, bytes.size() - whole);
  add_blocks(last.data(), 1, 1);
}

LEAT_INLINE void poly1305::add_last(std::span<std::byte const> bytes) {
  std::size_t const whole = bytes.size() / block_size * block_size;
  add_blocks(bytes.data(), whole / block_size, 1);
  if (whole == bytes.size()) return;
  std::array<std::byte, block_size> last{};
  std::memcpy(last.data(), bytes.data() + whole, bytes.size() - whole);
  last[bytes.size() - whole] = std::byte{1};
  add_blocks(last.data(), 1, 0);
}

LEAT_INLINE poly1305::tag poly1305::result() const {
  // Of h and h - p the one that is less than p = 2^130 - 5, without a branch.
  std::uint64_t g0 = 0, g1 = 0, low = 0, high = 0;
  unsigned char carry = add_with_carry(0, h0_, 5, g0);
  carry = add_with_carry(carry, h1_, 0, g1);
  std::uint64_t const reduced = 0 - ((h2_ + carry) >> 2);
  carry = add_with_carry(0, (h0_ & ~reduced) | (g0 & reduced), s0_, low);
  add_with_carry(carry, (h1_ & ~reduced) | (g1 & reduced), s1_, high);
  tag result{};
  put_little_endian(high, put_little_endian(low, result.data()));
  return result;
}

LEAT_INLINE std::uint64_t poly1305::word(std::byte const* at) {
  std::uint64_t value = 0;
  if constexpr (std::endian::native == std::endian::little)
    std::memcpy(&value, at, sizeof value);
  else
    get_little_endian(value, at);
  return value;
}

LEAT_INLINE void poly1305::add_blocks(std::byte const* at, std::size_t count, std::uint64_t top) {
  std::uint64_t h0 = h0_, h1 = h1_, h2 = h2_;
  std::uint64_t const r0 = r0_, r1 = r1_, folded = r1_ + (r1_ >> 2);  // 5/4 r1: what is beyond 2^130 comes back
  for (; count != 0; --count, at += block_size) {
    unsigned char carry = add_with_carry(0, h0, word(at), h0);
    carry = add_with_carry(carry, h1, word(at + 8), h1);
    h2 += top + carry;

    two_words const d0 = product(h0, r0) + product(h1, folded);
    two_words d1 = product(h0, r1) + product(h1, r0) + two_words(h2 * folded);
    h2 *= r0;
    d1 = d1 + two_words(high_word(d0));
    h2 += high_word(d1);

    std::uint64_t const beyond = (h2 >> 2) + (h2 & ~std::uint64_t{3});
    h2 &= 3;
    carry = add_with_carry(0, low_word(d0), beyond, h0);
    carry = add_with_carry(carry, low_word(d1), 0, h1);
    h2 += carry;
  }
  h0_ = h0;
  h1_ = h1;
  h2_ = h2;
}

}  // namespace leat::detail
