// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>

namespace leat::detail {

/// A sequentially consistent fence. Of two threads that each write, call this, and then read what the other writes, at
/// least one sees the other's write. g++'s thread sanitizer knows no fences: there it is an operation on one variable
/// that all threads share.
inline void full_fence() {
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
  static std::atomic<unsigned> shared = 0;
  shared.fetch_add(1, std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

}  // namespace leat::detail
