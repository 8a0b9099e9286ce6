// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/coroutine/blocking_work.hpp>
#include <leat/op/coroutine/coroutine_root.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

/// Work that is run on a thread where waiting is allowed, and whose result comes back to the worker.
template <class F>
class blocking_job final : public blocking_work {
  using R = decltype(std::declval<F&>()());

 public:
  explicit blocking_job(F f) : f_(std::move(f)) {}

  void run() noexcept override {
    try {
      if constexpr (std::is_void_v<R>)
        f_();
      else
        value_.emplace(f_());
    } catch (...) {
      error_ = std::current_exception();
    }
    waiting_();
  }
  /// The coroutine that goes on when the work has run.
  void call(wake_call waiting) { waiting_ = std::move(waiting); }
  R result() {
    if (error_) std::rethrow_exception(error_);
    if constexpr (!std::is_void_v<R>) return std::move(*value_);
  }

 private:
  F f_;
  std::optional<std::conditional_t<std::is_void_v<R>, bool, R>> value_;
  std::exception_ptr error_;
  wake_call waiting_;
};

template <class F>
class blocking_awaiter {
 public:
  explicit blocking_awaiter(std::shared_ptr<blocking_job<F>>& job) : job_(&job) {}

  bool await_ready() const { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> caller) const {
    constexpr bool inside_a_leat_task = promise_of_a_task<P>;
    static_assert(inside_a_leat_task, "leat: leat::blocking can only be awaited in a leat::task");
    if constexpr (inside_a_leat_task) {
      coroutine_root& root = *caller.promise().root;
      (*job_)->call(root.wait_for_call());
      root.worker().block(*job_);
    }
  }
  auto await_resume() const { return (*job_)->result(); }

 private:
  std::shared_ptr<blocking_job<F>>* job_;
};

/// What `blocking` returns. `Temporary` says that F may have been a temporary lambda.
template <class F, bool Temporary>
class blocking_call {
 public:
  using awaited = awaited_on_a_worker;

  explicit blocking_call(F f) : job_(std::make_shared<blocking_job<F>>(std::move(f))) {}
  blocking_call(blocking_call&& other) noexcept : job_(std::move(other.job_)) {}
  blocking_call& operator=(blocking_call&&) = delete;
  /// When the coroutine is destroyed while it waits, work that has not begun is not begun.
  ~blocking_call() {
    if (job_) job_->abandon();
  }

  blocking_awaiter<F> operator co_await() & { return blocking_awaiter<F>(job_); }
  blocking_awaiter<F> operator co_await() && {
    constexpr bool work_is_named_or_owns_nothing = !Temporary || std::is_trivially_destructible_v<F>;
    static_assert(work_is_named_or_owns_nothing,
                  "leat: blocking(f): g++ 12 destroys a temporary lambda that owns what it captures twice if it stands "
                  "beside co_await: write auto work = leat::blocking(f); and then co_await work");
    return blocking_awaiter<F>(job_);
  }

 private:
  std::shared_ptr<blocking_job<F>> job_;
};

}  // namespace detail

/// Runs `f()` on a thread where waiting is allowed, and goes on, on the worker's own thread, with what it returned or
/// threw: `auto rows = co_await leat::blocking(query);`. The worker does other things meanwhile. A run has at most 64
/// such calls under way in a process; more calls queue, and the time in the queue counts for `within`. When the task is
/// destroyed while it waits (it has timed out, or the run has failed), a call that has not begun is not made. A call
/// that has begun goes on; the end of the run waits 5 seconds for it, then leaves it behind. So let `f` own what it
/// refers to. Await the call once. Give a temporary lambda that owns what it captures a name first.
template <class F>
auto blocking(F&& f) {
  return detail::blocking_call<std::decay_t<F>, !std::is_lvalue_reference_v<F>>(std::forward<F>(f));
}

}  // namespace leat
