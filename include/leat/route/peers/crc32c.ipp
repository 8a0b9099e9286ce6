// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/instructions.hpp>
#include <leat/route/peers/crc32c.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace leat::detail {

inline constexpr auto crc32c_bytes = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i != 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit != 8; ++bit) crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1u)));
    table[i] = crc;
  }
  return table;
}();

LEAT_INLINE std::uint32_t crc32c_by_table(std::uint32_t crc, std::byte const* from, std::size_t count) {
  for (; count != 0; --count) crc = (crc >> 8) ^ crc32c_bytes[(crc ^ std::to_integer<std::uint32_t>(*from++)) & 0xff];
  return crc;
}

#ifdef LEAT_X86
/// What a register becomes when `Zeros` zero bytes follow: a linear map, kept as four tables (Adler's method).
template <std::size_t Zeros>
class crc32c_shift {
 public:
  static crc32c_shift const& instance() {
    static crc32c_shift const shift;
    return shift;
  }
  std::uint32_t operator()(std::uint32_t crc) const {
    return tables_[0][crc & 0xff] ^ tables_[1][(crc >> 8) & 0xff] ^ tables_[2][(crc >> 16) & 0xff] ^
           tables_[3][crc >> 24];
  }

 private:
  crc32c_shift() {
    std::array<std::byte, Zeros> const zeros{};
    for (std::size_t table = 0; table != 4; ++table)
      for (std::uint32_t bit = 1; bit != 256; bit <<= 1) {
        std::uint32_t const shifted = crc32c_by_table(bit << (8 * table), zeros.data(), Zeros);
        for (std::uint32_t i = 0; i != bit; ++i) tables_[table][bit + i] = tables_[table][i] ^ shifted;
      }
  }
  std::array<std::array<std::uint32_t, 256>, 4> tables_{};
};

inline unsigned long long crc32c_word(std::byte const* at) {
  unsigned long long value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// The instruction takes three cycles and a new one can begin in each: three stripes at a time, as long as there are
/// such.
template <std::size_t Stripe>
[[gnu::target("sse4.2")]] inline unsigned long long crc32c_by_stripes(unsigned long long a, std::byte const*& from,
                                                                      std::size_t& count) {
  for (; count >= 3 * Stripe; from += 3 * Stripe, count -= 3 * Stripe) {
    unsigned long long b = 0;
    unsigned long long c = 0;
    for (std::size_t i = 0; i != Stripe; i += 8) {
      a = crc32c_step(a, crc32c_word(from + i));
      b = crc32c_step(b, crc32c_word(from + Stripe + i));
      c = crc32c_step(c, crc32c_word(from + 2 * Stripe + i));
    }
    auto const& past = crc32c_shift<Stripe>::instance();
    a = past(static_cast<std::uint32_t>(a)) ^ b;
    a = past(static_cast<std::uint32_t>(a)) ^ c;
  }
  return a;
}

[[gnu::target("sse4.2")]] LEAT_INLINE std::uint32_t crc32c_by_instruction(std::uint32_t crc, std::byte const* from,
                                                                          std::size_t count) {
  unsigned long long a = crc32c_by_stripes<1024>(crc, from, count);
  a = crc32c_by_stripes<128>(a, from, count);
  for (; count >= 8; from += 8, count -= 8) a = crc32c_step(a, crc32c_word(from));
  auto rest = static_cast<std::uint32_t>(a);
  for (; count != 0; --count) rest = crc32c_step(rest, std::to_integer<unsigned char>(*from++));
  return rest;
}

/// Four lanes of two words each, and what moves them: 64 bytes that lie so many bits before others become, multiplied
/// by these powers of x modulo the polynomial, what is added to those. (Folding as in Gopal et al., Intel 2009.)
using crc32c_lanes = eight_signed_words;
template <unsigned Bits>
inline constexpr auto crc32c_powers = [] {
  auto const power_of_x = [](unsigned exponent) {
    std::uint32_t result = 0x80000000u;
    for (; exponent != 0; --exponent) result = (result >> 1) ^ (0x82f63b78u & (0u - (result & 1u)));
    return static_cast<long long>(result) << 1;
  };
  return std::array{power_of_x(Bits + 32), power_of_x(Bits - 32)};
}();

template <unsigned Bits>
[[gnu::target("avx512f,vpclmulqdq"), gnu::always_inline]] inline void crc32c_fold(crc32c_lanes& sum,
                                                                                  crc32c_lanes const& next) {
  constexpr auto powers = crc32c_powers<Bits>;
  crc32c_lanes const move{powers[0], powers[1], powers[0], powers[1], powers[0], powers[1], powers[0], powers[1]};
  fold(sum, move, next);
}
[[gnu::target("avx512f"), gnu::always_inline]] inline void crc32c_load(crc32c_lanes& into, std::byte const* from) {
  std::memcpy(&into, from, sizeof into);
}

/// Four sums at a time, 256 bytes in each round. They are no array, which g++ would keep in memory.
[[gnu::target("avx512f,vpclmulqdq,sse4.2")]] inline std::uint32_t crc32c_by_folding(std::uint32_t crc,
                                                                                    std::byte const* from,
                                                                                    std::size_t count) {
  if (count < 256) return crc32c_by_instruction(crc, from, count);
  crc32c_lanes a;
  crc32c_lanes b;
  crc32c_lanes c;
  crc32c_lanes d;
  crc32c_load(a, from);
  crc32c_load(b, from + 64);
  crc32c_load(c, from + 128);
  crc32c_load(d, from + 192);
  a ^= crc32c_lanes{static_cast<long long>(crc)};
  crc32c_lanes next;
  for (from += 256, count -= 256; count >= 256; from += 256, count -= 256) {
    crc32c_load(next, from);
    crc32c_fold<2048>(a, next);
    crc32c_load(next, from + 64);
    crc32c_fold<2048>(b, next);
    crc32c_load(next, from + 128);
    crc32c_fold<2048>(c, next);
    crc32c_load(next, from + 192);
    crc32c_fold<2048>(d, next);
  }
  crc32c_fold<512>(a, b);
  crc32c_fold<512>(a, c);
  crc32c_fold<512>(a, d);
  std::array<std::byte, sizeof a> folded;
  std::memcpy(folded.data(), &a, sizeof a);
  return crc32c_by_instruction(crc32c_by_instruction(0, folded.data(), folded.size()), from, count);
}
#endif

LEAT_INLINE std::uint32_t crc32c(std::span<std::byte const> bytes, std::uint32_t before) {
#ifdef LEAT_X86
  static bool const folds = has_carryless_products();
  static bool const instruction = has_crc32c();
  if (folds) return ~crc32c_by_folding(~before, bytes.data(), bytes.size());
  if (instruction) return ~crc32c_by_instruction(~before, bytes.data(), bytes.size());
#endif
  return ~crc32c_by_table(~before, bytes.data(), bytes.size());
}

}  // namespace leat::detail
