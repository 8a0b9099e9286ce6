// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/exchange/word_hash.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

/// Records of eight bytes, parted for two workers without a branch.
namespace leat::detail {

#if defined(__x86_64__)
/// Words whose hash has `Bit` go to `second`, the others to `first`. Stores beyond what is taken, never beyond `count`.
template <unsigned Bit>
[[gnu::target("avx512f,avx512dq,popcnt")]] std::size_t split_by_eight(std::byte const* from,
                                                                     std::uint64_t const* hashes, std::size_t count,
                                                                     std::byte*& first_end, std::byte*& second_end) {
  using signed_words = long long __attribute__((vector_size(64)));
  std::byte* first = first_end;
  std::byte* second = second_end;
  std::size_t done = 0;
  for (; count - done >= 8; done += 8) {
    signed_words some;
    signed_words some_hashes;
    std::memcpy(&some, from + 8 * done, sizeof some);
    std::memcpy(&some_hashes, hashes + done, sizeof some_hashes);
    unsigned char const chosen = __builtin_ia32_cvtq2mask512(some_hashes << (63 - Bit));
    auto const others = static_cast<unsigned char>(~chosen);
    signed_words const to_first = __builtin_ia32_compressdi512_mask(some, signed_words{}, others);
    signed_words const to_second = __builtin_ia32_compressdi512_mask(some, signed_words{}, chosen);
    std::memcpy(first, &to_first, sizeof to_first);
    std::memcpy(second, &to_second, sizeof to_second);
    auto const taken = static_cast<unsigned>(__builtin_popcount(chosen));
    first += 8 * (8 - taken);
    second += 8 * taken;
  }
  first_end = first;
  second_end = second;
  return done;
}
#endif

/// Records of eight bytes: those whose hash has `Bit` are copied to `second`, the others to `first`, in their order; both
/// are moved to behind the last. At each there is room for all.
template <unsigned Bit, class T>
void split_words(T const* records, std::uint64_t const* hashes, std::size_t count, T*& first, T*& second) {
  static_assert(sizeof(T) == 8);
  std::size_t done = 0;
#if defined(__x86_64__)
  if (has_eight_words()) {
    auto* a = reinterpret_cast<std::byte*>(first);
    auto* b = reinterpret_cast<std::byte*>(second);
    done = split_by_eight<Bit>(reinterpret_cast<std::byte const*>(records), hashes, count, a, b);
    first = reinterpret_cast<T*>(a);
    second = reinterpret_cast<T*>(b);
  }
#endif
  for (; done != count; ++done) {
    std::size_t const chosen = hashes[done] >> Bit & 1;
    std::memcpy(static_cast<void*>(first), records + done, sizeof(T));
    std::memcpy(static_cast<void*>(second), records + done, sizeof(T));
    first += 1 - chosen;
    second += chosen;
  }
}

}  // namespace leat::detail
