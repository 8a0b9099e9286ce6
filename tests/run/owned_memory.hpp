// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

/// Texts whose memory is counted, whoever holds them.
namespace owned_memory {

/// Bytes that records own, all of them counted, whoever holds them.
inline std::atomic<std::size_t> owned{0};
inline std::atomic<std::size_t> most_owned{0};

template <class T>
struct counting_allocator {
  using value_type = T;
  counting_allocator() = default;
  template <class U>
  counting_allocator(counting_allocator<U> const&) {}
  T* allocate(std::size_t n) {
    std::size_t const now = owned += n * sizeof(T);
    for (std::size_t seen = most_owned; seen < now && !most_owned.compare_exchange_weak(seen, now);) {
    }
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* at, std::size_t n) {
    owned -= n * sizeof(T);
    std::allocator<T>().deallocate(at, n);
  }
  template <class U>
  bool operator==(counting_allocator<U> const&) const {
    return true;
  }
};
using counted_text = std::basic_string<char, std::char_traits<char>, counting_allocator<char>>;

inline constexpr std::size_t page = 64 * 1024;

inline counted_text text_of(int x) { return counted_text(page - 1, static_cast<char>('a' + x % 26)); }

template <class F>
std::size_t most_owned_in(F&& run) {
  owned = 0;
  most_owned = 0;
  run();
  return most_owned;
}

}  // namespace owned_memory
