// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/instructions.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

/// The hash of keys of four to eight bytes, of one or of many at once.
namespace leat::detail {

/// XXH3-64 of a key whose bytes are the low ones of `word`. `Word` is one number or a vector of them. Algorithm: Yann
/// Collet, xxHash 0.8, `XXH3_len_4to8_64b` with the default secret and seed 0.
template <std::size_t Size, class Word>
[[gnu::always_inline]] inline void hash_in_place(Word& word) {
  static_assert(Size >= 4 && Size <= 8);
  constexpr std::uint64_t secret = 0x1cad21f72c81017cULL ^ 0xdb979083e96dd4deULL;
  constexpr std::uint64_t multiplier = 0x9fb21c651e98df25ULL;
  word = (((word >> (8 * (Size - 4))) & 0xffffffffu) + (word << 32)) ^ secret;
  word ^= (word << 49 | word >> 15) ^ (word << 24 | word >> 40);
  word *= multiplier;
  word ^= (word >> 35) + Size;
  word *= multiplier;
  word ^= word >> 28;
}

#ifdef LEAT_X86
template <std::size_t Size>
[[gnu::target("avx512f,avx512dq")]] std::size_t hash_by_eight(std::uint64_t* words, std::size_t count) {
  std::size_t done = 0;
  for (; count - done >= 8; done += 8) {
    eight_words block;
    std::memcpy(&block, words + done, sizeof block);
    hash_in_place<Size>(block);
    std::memcpy(words + done, &block, sizeof block);
  }
  return done;
}
#endif

/// Puts the hash of each word in its place.
template <std::size_t Size>
void hash_words(std::uint64_t* words, std::size_t count) {
  std::size_t done = 0;
#ifdef LEAT_X86
  if (has_eight_words()) done = hash_by_eight<Size>(words, count);
#endif
  for (; done != count; ++done) hash_in_place<Size>(words[done]);
}

}  // namespace leat::detail
