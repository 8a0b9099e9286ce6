// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/op/coroutine/coroutine_root.hpp>
#include <leat/op/coroutine/waiting_room.hpp>
#include <leat/op/running/time_points.hpp>

#include <coroutine>

namespace leat::detail {

LEAT_INLINE void coroutine_root::begin(coroutine_frame& top) {
  top.root = this;
  current_ = &top;
  resume();
}

LEAT_INLINE void coroutine_root::resume() {
  forget_wait();
  do {
    again_ = false;
    current_->self.resume();
  } while (again_);
}

LEAT_INLINE void coroutine_root::cancel() {
  if (current_ == nullptr) return;
  forget_wait();
  while (current_->awaited_by != nullptr) {
    coroutine_frame& innermost = *current_;
    current_ = innermost.awaited_by;
    *innermost.owner = nullptr;
    innermost.self.destroy();
  }
  current_ = nullptr;
}

LEAT_INLINE void coroutine_root::enter(coroutine_frame& callee) {
  current_ = &callee;
  again_ = true;
}

LEAT_INLINE void coroutine_root::leave(coroutine_frame& ended) {
  current_ = ended.awaited_by;
  again_ = current_ != nullptr;
}

LEAT_INLINE void coroutine_root::wait_until(steady_time due) {
  forget_wait();
  due_ = due;
  room_->clock().add(due, waiting_as());
}

LEAT_INLINE wake_call coroutine_root::wait_for_call() {
  forget_wait();
  return {room_->line(), waiting_as()};
}

LEAT_INLINE void coroutine_root::forget_wait() {
  if (due_ != never) room_->clock().remove(due_, waiting_as());
  due_ = never;
  ++wait_;
}

}  // namespace leat::detail
