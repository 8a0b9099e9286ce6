// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/instructions.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

/// Records of eight bytes, parted for two workers without a branch.
namespace leat::detail {

#ifdef LEAT_X86
/// Words whose hash has `Bit` go to `second`, the others to `first`. Stores beyond what is taken, never beyond `count`.
template <unsigned Bit>
[[gnu::target("avx512f,avx512dq,popcnt")]] std::size_t split_by_eight(std::byte const* from,
                                                                      std::uint64_t const* hashes, std::size_t count,
                                                                      std::byte*& first_end, std::byte*& second_end) {
  std::byte* first = first_end;
  std::byte* second = second_end;
  std::size_t done = 0;
  for (; count - done >= 8; done += 8) {
    eight_signed_words to_first;
    eight_signed_words some_hashes;
    std::memcpy(&to_first, from + 8 * done, sizeof to_first);
    std::memcpy(&some_hashes, hashes + done, sizeof some_hashes);
    eight_signed_words to_second = to_first;
    unsigned char const chosen = signs_of(some_hashes << (63 - Bit));
    keep_chosen(to_first, static_cast<unsigned char>(~chosen));
    keep_chosen(to_second, chosen);
    std::memcpy(first, &to_first, sizeof to_first);
    std::memcpy(second, &to_second, sizeof to_second);
    unsigned const taken = ones_of(chosen);
    first += 8 * (8 - taken);
    second += 8 * taken;
  }
  first_end = first;
  second_end = second;
  return done;
}
#endif

/// Records of eight bytes: those whose hash has `Bit` are copied to `second`, the others to `first`, in their order;
/// both are moved to behind the last. At each there is room for all.
template <unsigned Bit, class T>
void split_words(T const* records, std::uint64_t const* hashes, std::size_t count, T*& first, T*& second) {
  static_assert(sizeof(T) == 8);
  std::size_t done = 0;
#ifdef LEAT_X86
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
