// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

/// The instructions that a compiler makes only when it is asked for them by a name of its own. No other file has such
/// a name. `LEAT_X86` is defined where they are there; whoever uses one has a portable form beside it. A program that
/// is compiled with `-DLEAT_PORTABLE`, all files of it, has the portable forms alone: a test runs them on any machine.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(LEAT_PORTABLE)
#define LEAT_X86
#endif

namespace leat::detail {

/// Whether the loops of this program are compiled for vectors so wide that most loops over plain records have them.
#if defined(__clang__) || defined(__AVX2__)
inline constexpr bool loops_are_vectorised = true;
#else
inline constexpr bool loops_are_vectorised = false;
#endif

/// What stands there will soon be read, or written.
[[gnu::always_inline]] inline void prefetch_to_read([[maybe_unused]] void const* at) {
#if defined(__GNUC__) && !defined(LEAT_PORTABLE)
  __builtin_prefetch(at);
#endif
}
[[gnu::always_inline]] inline void prefetch_to_write([[maybe_unused]] void const* at) {
#if defined(__GNUC__) && !defined(LEAT_PORTABLE)
  __builtin_prefetch(at, 1);
#endif
}

/// Whether this processor works on eight words at once: `hash_by_eight`, `split_by_eight`.
inline bool has_eight_words() {
#ifdef LEAT_X86
  static bool const has = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0;
  return has;
#else
  return false;
#endif
}

#ifdef LEAT_X86

using eight_words = std::uint64_t __attribute__((vector_size(64)));
using eight_signed_words = long long __attribute__((vector_size(64)));

/// A bit for each word that is negative.
[[gnu::target("avx512f,avx512dq"), gnu::always_inline]] inline unsigned char signs_of(eight_signed_words const& words) {
  return __builtin_ia32_cvtq2mask512(words);
}
/// The words that are chosen lie together at the beginning of `words` then.
[[gnu::target("avx512f"), gnu::always_inline]] inline void keep_chosen(eight_signed_words& words,
                                                                       unsigned char chosen) {
  words = __builtin_ia32_compressdi512_mask(words, eight_signed_words{}, chosen);
}
[[gnu::target("popcnt"), gnu::always_inline]] inline unsigned ones_of(unsigned char bits) {
  return static_cast<unsigned>(__builtin_popcount(bits));
}

/// CRC-32C of eight bytes more, or of one.
inline bool has_crc32c() { return __builtin_cpu_supports("sse4.2") != 0; }
[[gnu::target("sse4.2"), gnu::always_inline]] inline unsigned long long crc32c_step(unsigned long long crc,
                                                                                    unsigned long long word) {
  return __builtin_ia32_crc32di(crc, word);
}
[[gnu::target("sse4.2"), gnu::always_inline]] inline std::uint32_t crc32c_step(std::uint32_t crc, unsigned char byte) {
  return __builtin_ia32_crc32qi(crc, byte);
}

/// `sum` becomes the product, without carries, of its low words and those of `factors`, plus that of the high ones and
/// `next`.
inline bool has_carryless_products() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("vpclmulqdq") != 0;
}
[[gnu::target("avx512f,vpclmulqdq"), gnu::always_inline]] inline void fold(eight_signed_words& sum,
                                                                           eight_signed_words const& factors,
                                                                           eight_signed_words const& next) {
#ifdef __clang__
  sum = __builtin_ia32_pclmulqdq512(sum, factors, 0x00) ^ __builtin_ia32_pclmulqdq512(sum, factors, 0x11) ^ next;
#else
  sum = __builtin_ia32_vpclmulqdq_v8di(sum, factors, 0x00) ^ __builtin_ia32_vpclmulqdq_v8di(sum, factors, 0x11) ^ next;
#endif
}

/// Puts the sum of both and of the carry into `sum`; gives the carry out of it.
[[gnu::always_inline]] inline unsigned char add_by_instruction(unsigned char carry, std::uint64_t a, std::uint64_t b,
                                                               std::uint64_t& sum) {
  unsigned long long wrapped = 0;
  carry = __builtin_ia32_addcarryx_u64(carry, a, b, &wrapped);
  sum = wrapped;
  return carry;
}

#endif

}  // namespace leat::detail
