// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/fwd.hpp>
#include <leat/op/coroutine/coroutine_root.hpp>

#include <coroutine>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

struct at_end_of_task {
  bool await_ready() const noexcept { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> ended) const noexcept {
    coroutine_frame& frame = ended.promise();
    frame.root->leave(frame);
  }
  void await_resume() const noexcept {}
};

class task_promise_base : public coroutine_frame {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }
  at_end_of_task final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }

  template <class A>
  A&& await_transform(A&& awaited) noexcept {
    constexpr bool the_worker_can_be_told_when_to_go_on = wakes_on_a_worker<A>;
    static_assert(the_worker_can_be_told_when_to_go_on,
                  "leat: a leat::task can await a task, leat::sleep, leat::next_turn, leat::blocking, in.next() and a "
                  "leat::completion; to wait for another library, let its callback set a completion");
    return static_cast<A&&>(awaited);
  }
};

template <class T>
class task_promise : public task_promise_base {
 public:
  template <class X>
  void return_value(X&& result) {
    value_.emplace(std::forward<X>(result));
  }
  T result() {
    if (error) std::rethrow_exception(error);
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class task_promise<void> : public task_promise_base {
 public:
  void return_void() noexcept {}
  void result() {
    if (error) std::rethrow_exception(error);
  }
};

template <class T>
class task_awaiter;

}  // namespace detail

/// A coroutine of the user's that runs on a worker: a step, a source, what `async_map` calls, and whatever these await.
/// It starts when it is awaited, once, and is resumed on that worker's thread only; while it waits the worker does
/// other things. An exception that leaves it comes out of the `co_await`. Destroying a task that waits destroys what
/// it awaits with it.
///
/// g++ 12 destroys a lambda that owns what it captures, and an aggregate, twice when it is a temporary of an expression
/// with `co_await` in it: name such values first.
template <class T = void>
class [[nodiscard]] task {
  static_assert(std::is_void_v<T> || std::is_object_v<T>, "leat::task<T>: T is an object type, or void");

 public:
  using awaited = detail::awaited_on_a_worker;
  using value_type = T;

  class promise_type : public detail::task_promise<T> {
   public:
    task get_return_object() {
      this->self = std::coroutine_handle<promise_type>::from_promise(*this);
      return task(*this);
    }
  };

  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~task() {
    if (frame_ != nullptr) frame_->self.destroy();
  }

  detail::task_awaiter<T> operator co_await() noexcept { return detail::task_awaiter<T>(frame_); }

  /// For the stage that runs it.
  detail::coroutine_frame& frame() const { return *frame_; }
  /// What it came to, once: throws what left it.
  T result() { return static_cast<promise_type*>(frame_)->result(); }

 private:
  explicit task(promise_type& promise) : frame_(&promise) {}

  detail::coroutine_frame* frame_;
};

namespace detail {

template <class T>
class task_awaiter {
 public:
  explicit task_awaiter(coroutine_frame*& task) : task_(&task) {}

  bool await_ready() const {
    if (*task_ == nullptr || (*task_)->root != nullptr)
      throw std::logic_error("leat: a task can be awaited once, and not after it has been moved from");
    return false;
  }
  template <class P>
  void await_suspend(std::coroutine_handle<P> caller) {
    constexpr bool inside_a_leat_task = promise_of_a_task<P>;
    static_assert(inside_a_leat_task,
                  "leat: a leat::task can only be awaited in another leat::task: a worker has to run it");
    if constexpr (inside_a_leat_task) {
      coroutine_frame& callee = **task_;
      callee.root = caller.promise().root;
      callee.awaited_by = &caller.promise();
      callee.owner = task_;
      callee.root->enter(callee);
    }
  }
  T await_resume() const { return static_cast<typename task<T>::promise_type*>(*task_)->result(); }

 private:
  coroutine_frame** task_;
};

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

}  // namespace detail
}  // namespace leat
