// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/coroutine/coroutine_root.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

/// What a completion and its copies share. It lives as long as one of them, even after the flow has gone.
template <class T>
class completion_state {
 public:
  template <class F>
  bool complete(F&& put) {
    wake_call waiting;
    {
      std::lock_guard const lock(mutex_);
      if (completed_) return false;
      put(*this);
      completed_ = true;
      waiting = std::exchange(waiting_, wake_call{});
    }
    if (waiting) waiting();
    return true;
  }

  bool completed() {
    std::lock_guard const lock(mutex_);
    return completed_;
  }

  /// False when the result is there already, so that nothing has to be waited for.
  bool wait(coroutine_root& root) {
    std::lock_guard const lock(mutex_);
    if (completed_) return false;
    if (waiting_) throw std::logic_error("leat: two tasks await the same completion");
    waiting_ = root.wait_for_call();
    return true;
  }

  /// The task that waited has gone: another one may wait.
  void leave() {
    std::lock_guard const lock(mutex_);
    waiting_ = wake_call();
  }

  T result() {
    std::lock_guard const lock(mutex_);
    if (error) std::rethrow_exception(error);
    if (!value) throw std::logic_error("leat: the value of a completion has been taken already");
    if constexpr (!std::is_void_v<T>) {
      T taken = std::move(*value);
      value.reset();
      return taken;
    }
  }

  std::exception_ptr error;
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;

 private:
  std::mutex mutex_;
  wake_call waiting_;
  bool completed_ = false;
};

template <class T>
class completion_awaiter {
 public:
  explicit completion_awaiter(std::shared_ptr<completion_state<T>> state) : state_(std::move(state)) {}
  completion_awaiter(completion_awaiter const&) = delete;
  completion_awaiter& operator=(completion_awaiter const&) = delete;
  /// A task that is destroyed while it waits destroys this too.
  ~completion_awaiter() {
    if (waits_) state_->leave();
  }

  bool await_ready() const { return state_->completed(); }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> caller) {
    constexpr bool inside_a_leat_task = promise_of_a_task<P>;
    static_assert(inside_a_leat_task, "leat: a leat::completion can only be awaited in a leat::task");
    if constexpr (inside_a_leat_task) waits_ = state_->wait(*caller.promise().root);
    return waits_;
  }
  T await_resume() const { return state_->result(); }

 private:
  std::shared_ptr<completion_state<T>> state_;  ///< the completion may go before the task
  bool waits_ = false;
};

}  // namespace detail

/// A result that another thread provides, such as the callback of a client library, and that one task awaits:
///
///     leat::completion<place> found;
///     client.lookup(ip, [found](place p) { found.set(std::move(p)); });
///     place const p = co_await found;
///
/// Copies stand for the same result. `set` and `fail` may be called on any thread, at any time: before it is awaited,
/// and after the task or the whole flow has ended. The first call counts. If neither is ever called the task waits for
/// ever; in `async_map`, `within` ends that wait.
template <class T = void>
class completion {
 public:
  using awaited = detail::awaited_on_a_worker;

  completion() : state_(std::make_shared<detail::completion_state<T>>()) {}

  /// Any thread. False when it had been completed before.
  template <class X>
    requires(!std::is_void_v<T> && std::is_constructible_v<T, X>)
  bool set(X&& value) const {
    return state_->complete([&](auto& state) { state.value.emplace(std::forward<X>(value)); });
  }
  /// The same where there is no result: `completion<void>`.
  bool set() const
    requires std::is_void_v<T>
  {
    return state_->complete([](auto& state) { state.value = true; });
  }
  /// Any thread. The `co_await` throws this.
  bool fail(std::exception_ptr failure) const {
    return state_->complete([&](auto& state) { state.error = std::move(failure); });
  }

  detail::completion_awaiter<T> operator co_await() const noexcept { return detail::completion_awaiter<T>(state_); }

 private:
  std::shared_ptr<detail::completion_state<T>> state_;
};

}  // namespace leat
