// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/op/coroutine/blocking_work.hpp>

#include <atomic>

namespace leat::detail {

LEAT_INLINE void blocking_work::abandon() {
  abandoned_.store(true, std::memory_order_relaxed);
  if (listener_) listener_->on_abandoned();
}

}  // namespace leat::detail
