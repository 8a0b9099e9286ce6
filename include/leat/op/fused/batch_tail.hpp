// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/owned_bytes.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/record.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// A batch on its way to the consumers of one stream. What a consumer threw is kept, and thrown again from then on:
/// whoever catches it does not have the batch sent again, nor a later one in its place.
template <class T>
class outgoing_batch {
 public:
  explicit outgoing_batch(std::size_t capacity) : records(capacity) {}

  template <class X>
  void push(X&& record) {
    records.push(std::forward<X>(record));
    if (records.full() || owned_.add(records.end()[-1])) send();
  }
  void send() {
    owned_.clear();
    sent_ = true;
    if (failure_) {
      records.clear();
      std::rethrow_exception(failure_);
    }
    try {
      next.take(records.begin(), records.size());
    } catch (...) {
      records.clear();
      failure_ = std::current_exception();
      throw;
    }
    records.clear();
  }
  /// Whether a batch has gone on since this was asked last.
  bool has_sent() { return std::exchange(sent_, false); }

  fan_out<T> next;
  buffer<T> records;

 private:
  [[no_unique_address]] owned_bytes<T> owned_;
  bool sent_ = false;
  std::exception_ptr failure_;
};

/// The usual end of a run: its records go on in batches, to every consumer of the stream.
template <class T>
class batch_tail {
 public:
  template <class U>
  static constexpr bool arrays = std::is_same_v<T, U> && plain<T>;
  /// Whether what `push` throws of an X names its step already.
  template <class X>
  static constexpr bool answers_for = std::is_nothrow_constructible_v<T, X>;

  template <class RunEnd>
  batch_tail(RunEnd const&, worker_builder& worker, node const& described) : batch_(worker.batch_size<T>()) {
    worker.provide({described.id, 0}, batch_.next);
  }

  struct cursor {
    explicit cursor(T* position) : to(position) {}
    template <class X>
    void operator()(X&& record) {
      std::construct_at(to, std::forward<X>(record));
      ++to;
    }
    T* to;
  };
  /// The most records that one `write` may bring.
  std::size_t block() const { return batch_.records.capacity(); }
  /// Lets `fill` write up to `records` records, without a test for each.
  template <class Fill>
  void write(std::size_t records, Fill&& fill) {
    if (batch_.records.room() < records) finish_batch();
    cursor writer(batch_.records.end());
    fill(writer);
    batch_.records.set_end(writer.to);
  }

  template <class X>
  void push(X&& record) {
    batch_.push(std::forward<X>(record));
  }
  void finish_batch() { batch_.send(); }
  /// A batch has gone on, and there is no room for another.
  bool full() { return batch_.has_sent() && !ready(); }
  void arrive(mark arrived) { batch_.next.arrive(arrived); }
  void advance(stream_time time) { batch_.next.advance(time); }
  bool ready() { return batch_.next.ready(); }

 private:
  outgoing_batch<T> batch_;
};

template <class T>
struct to_batches {
  using tail = batch_tail<T>;
};

}  // namespace leat::detail
