// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/runtime.hpp>

#include <coroutine>

namespace leat::detail {

LEAT_INLINE std::suspend_always worker_coroutine::promise_type::yield_value(bool made_progress) noexcept {
  progress = made_progress;
  return {};
}

LEAT_INLINE worker_coroutine::~worker_coroutine() {
  if (handle_) handle_.destroy();
}

LEAT_INLINE bool worker_coroutine::turn() {
  handle_.resume();
  return handle_.done() || handle_.promise().progress;
}

}  // namespace leat::detail
