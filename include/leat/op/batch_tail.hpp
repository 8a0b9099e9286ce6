// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/owned_bytes.hpp>
#include <leat/graph.hpp>
#include <leat/op/assembly.hpp>
#include <leat/op/stage.hpp>
#include <leat/record.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// Sends a batch, once. What a consumer threw is kept in `failure`, and thrown again from then on: whoever catches it does
/// not have the batch sent again, nor a later one in its place.
template <class T>
void send(buffer<T>& batch, fan_out<T>& to, std::exception_ptr& failure) {
  if (failure) {
    batch.clear();
    std::rethrow_exception(failure);
  }
  try {
    to.take(batch.begin(), batch.size());
  } catch (...) {
    batch.clear();
    failure = std::current_exception();
    throw;
  }
  batch.clear();
}

/// The usual end of a run: its records go on in batches, to every consumer of the stream.
template <class T>
class batch_tail {
 public:
  template <class U>
  static constexpr bool arrays = std::is_same_v<T, U> && plain<T>;
  /// Whether what `push` throws of an X names its step already.
  template <class X>
  static constexpr bool answers_for = std::is_nothrow_constructible_v<T, X>;

  template <class Recipe>
  batch_tail(Recipe const&, assembly& worker, node const& described) : batch_(worker.batch_size<T>()) {
    worker.provide({described.id, 0}, next_);
  }

  struct cursor {
    explicit cursor(T* where) : to(where) {}
    template <class X>
    void operator()(X&& record) {
      std::construct_at(to, std::forward<X>(record));
      ++to;
    }
    T* to;
  };
  /// The most records that one `write` may bring.
  std::size_t block() const { return batch_.capacity(); }
  /// Lets `fill` write up to `records` records, without a test for each.
  template <class Fill>
  void write(std::size_t records, Fill&& fill) {
    if (batch_.room() < records) finish_batch();
    cursor where(batch_.end());
    fill(where);
    batch_.set_end(where.to);
  }

  template <class X>
  void push(X&& record) {
    batch_.push(std::forward<X>(record));
    if (batch_.full() || owned_.add(batch_.end()[-1])) finish_batch();
  }
  void finish_batch() {
    owned_.clear();
    sent_ = true;
    send(batch_, next_, failure_);
  }
  /// A batch has gone on, and there is no room for another.
  bool full() { return std::exchange(sent_, false) && !next_.ready(); }
  void arrive(mark which) { next_.arrive(which); }
  bool ready() { return next_.ready(); }

 private:
  fan_out<T> next_;
  buffer<T> batch_;
  [[no_unique_address]] owned_bytes<T> owned_;
  bool sent_ = false;
  std::exception_ptr failure_;
};

template <class T>
struct to_batches {
  using tail = batch_tail<T>;
};

}  // namespace leat::detail
