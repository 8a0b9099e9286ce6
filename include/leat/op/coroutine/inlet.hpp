// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/op/coroutine/coroutine_root.hpp>

#include <coroutine>
#include <cstddef>
#include <span>
#include <utility>

namespace leat {

namespace detail {
template <class T, class U, class F>
class coroutine_stage;
}

/// The input of a coroutine step. `while (auto batch = co_await in.next())` gives its records in batches, of one or
/// more, in order. The records are the coroutine's: it may move from them. They are gone at the following `next()`.
template <class T>
class inlet {
 public:
  inlet() = default;
  inlet(inlet const&) = delete;
  inlet& operator=(inlet const&) = delete;

  /// Some records, or false at the end of the stream.
  class batch {
   public:
    explicit batch(std::span<T> records) : records_(records) {}
    explicit operator bool() const { return !records_.empty(); }
    std::span<T> operator*() const { return records_; }
    T* begin() const { return records_.data(); }
    T* end() const { return records_.data() + records_.size(); }
    std::size_t size() const { return records_.size(); }

   private:
    std::span<T> records_;
  };

  class next_awaiter {
   public:
    using awaited = detail::awaited_on_a_worker;
    explicit next_awaiter(inlet& in) : in_(&in) {}

    bool await_ready() const { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P>) const {
      constexpr bool inside_a_leat_task = detail::promise_of_a_task<P>;
      static_assert(inside_a_leat_task, "leat: in.next() can only be awaited in a leat::task");
      in_->wanted_ = true;
      in_->given_.clear();
    }
    batch await_resume() const { return batch(std::span<T>(in_->given_.begin(), in_->given_.size())); }

   private:
    inlet* in_;
  };

  /// Awaited: the next batch. Waiting here is what lets the epoch of the records before it be closed; whatever the
  /// coroutine keeps back of them belongs to a later one.
  next_awaiter next() { return next_awaiter(*this); }

 private:
  template <class A, class B, class F>
  friend class detail::coroutine_stage;

  /// True when the coroutine that wants the next batch has it, or knows that there is none.
  bool give() {
    if (!wanted_ || (waiting_.empty() && !ended_)) return false;
    std::swap(given_, waiting_);
    wanted_ = false;
    return true;
  }

  detail::buffer<T> waiting_;  ///< came in, while the coroutine was busy
  detail::buffer<T> given_;    ///< what the coroutine is at
  bool wanted_ = false;
  bool ended_ = false;
};

}  // namespace leat
