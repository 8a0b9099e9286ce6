// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>

namespace leat::detail {

/// What was written before is seen by whoever does not see what is read after. Under g++'s thread sanitizer, which knows
/// no fences, an operation upon one variable that all share.
inline void full_fence() {
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
  static std::atomic<unsigned> shared = 0;
  shared.fetch_add(1, std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

}  // namespace leat::detail
