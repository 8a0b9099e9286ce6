// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/saturated_time.hpp>
#include <leat/op/blocking.hpp>
#include <leat/op/completion.hpp>
#include <leat/op/coroutine/coroutine_root.hpp>

#include <coroutine>

/// What a `task` can wait for besides other tasks: time, its next turn, work that blocks, a result of another thread.
namespace leat {
namespace detail {

class sleep_awaiter {
 public:
  using awaited = awaited_on_a_worker;

  explicit sleep_awaiter(std::chrono::nanoseconds duration) : duration_(duration) {}

  bool await_ready() const { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> caller) const {
    constexpr bool inside_a_leat_task = promise_of_a_task<P>;
    static_assert(inside_a_leat_task, "leat: leat::sleep and leat::next_turn can only be awaited in a leat::task");
    if constexpr (inside_a_leat_task) {
      coroutine_root& root = *caller.promise().root;
      steady_time const now = root.worker().now();
      root.wait_until(duration_ < never - now ? now + duration_ : never - std::chrono::nanoseconds(1));
    }
  }
  void await_resume() const {}

 private:
  std::chrono::nanoseconds duration_;
};

}  // namespace detail

/// `co_await leat::sleep(100ms)`: goes on after this long by the worker's clock, a little later when the worker is
/// busy. Tests and simulations set that clock.
template <class Rep, class Period>
detail::sleep_awaiter sleep(std::chrono::duration<Rep, Period> duration) {
  return detail::sleep_awaiter(detail::saturated_nanoseconds(duration));
}

/// `co_await leat::next_turn()`: lets the worker do its other work, and goes on once what was emitted so far has room
/// downstream. A coroutine that emits much between two waits calls it after about every thousand records.
inline detail::sleep_awaiter next_turn() { return detail::sleep_awaiter(std::chrono::nanoseconds(0)); }

}  // namespace leat
