// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/owned_bytes.hpp>
#include <leat/op/function/narrows.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/record.hpp>

#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

namespace leat {

/// Where a source, a coroutine step or a stateful step puts its records: `out(record)`. An ordinary call, on the
/// worker's thread; it appends to a batch, and a full batch goes on to the next step at once. A number that may lose
/// its fraction or higher bits on its way into the record does not compile, but for an `int` into a shorter integer.
template <class T>
class emitter {
 public:
  /// Made by leat: passes on full batches of so many records.
  explicit emitter(std::size_t batch_size) : batch_(batch_size) {}

  /// Emits one record, made of `record`. On the thread of the worker. It does not wait: a source returns from time to
  /// time so that others get on. Throws what a later step fails of.
  template <class X>
  void operator()(X&& record) {
    detail::refuse_to_narrow<T, X>();
    ++emitted_;
    if constexpr (std::is_nothrow_constructible_v<T, X>)
      batch_.push(std::forward<X>(record));
    else
      kept_when_thrown([&] { batch_.push(std::forward<X>(record)); });
    if (batch_.full() || owned_.add(batch_.end()[-1])) flush();
  }

  /// Hands on `count` records that lie together, without copying them where nobody wants to own them. They must live
  /// until the call returns.
  void batch(T const* records, std::size_t count) {
    static_assert(copyable_record<T>,
                  "leat: out.batch(records, count): these records cannot be copied: emit them one by one, by "
                  "out(record)");
    emitted_ += count;
    flush();
    kept_when_thrown([&] { next_.look(records, count); });
  }

  /// Sends what has been collected. Called for you at the end of each turn. When a record could not be emitted, or a
  /// later step has failed of what it was sent, that is thrown here from then on, so that the run fails although a
  /// function caught it; nothing is sent twice.
  void flush() {
    if (failure_) {
      batch_.clear();
      std::rethrow_exception(failure_);
    }
    if (batch_.empty()) return;
    sent_ = true;
    kept_when_thrown([this] { next_.take(batch_.begin(), batch_.size()); });
    batch_.clear();
    owned_.clear();
  }

  /// Records emitted since the start.
  std::size_t emitted() const { return emitted_; }

  detail::fan_out<T>& next() { return next_; }
  /// Whether a batch has gone on since this was asked last.
  bool has_sent() { return std::exchange(sent_, false); }
  /// A batch has gone on since, and there is no room for another: whoever can leave off should.
  bool full() { return has_sent() && !next_.ready(); }

 private:
  template <class F>
  void kept_when_thrown(F&& send) {
    try {
      send();
    } catch (...) {
      batch_.clear();
      failure_ = std::current_exception();
      throw;
    }
  }

  detail::fan_out<T> next_;
  detail::buffer<T> batch_;
  [[no_unique_address]] detail::owned_bytes<T> owned_;
  std::size_t emitted_ = 0;
  bool sent_ = false;
  std::exception_ptr failure_;
};

/// The output of a coroutine step.
template <class T>
using outlet = emitter<T>;

}  // namespace leat
