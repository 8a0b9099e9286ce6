// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/saturated_time.hpp>
#include <leat/from/end_of_input.hpp>
#include <leat/from/source.hpp>
#include <leat/op/running/stream_time.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace leat {
namespace from {

/// An item of `from::test`: the run fails here, once; the next run goes on past it.
struct abort {};
/// An item of `from::test`: what follows comes this much later.
struct pause {
  /// Nothing comes for this long.
  explicit pause(std::chrono::nanoseconds length) : duration(length) {}
  /// How long nothing comes.
  std::chrono::nanoseconds duration;
};
/// An item of `from::test`: no record that follows is older than `watermark`. So far no step does anything by it: all
/// hand it on, behind the records before it. `quiet`: how long, since the start, there was nothing to read.
struct time {
  /// The time from here on. `quiet` only grows.
  explicit time(std::chrono::sys_time<std::chrono::nanoseconds> watermark, std::chrono::nanoseconds quiet = {})
      : now{watermark.time_since_epoch().count(), quiet.count(), false} {}
  /// As it travels.
  detail::stream_time now;
};
/// An item of `from::test`: until the next `time` other inputs do not wait for the time of this one.
struct idle {};

/// What leaves a source at an `abort` mark.
class aborted : public std::runtime_error {
 public:
  aborted() : std::runtime_error("from::test came to an abort mark") {}
};

/// A record, or one of the above.
template <class T>
class test_item {
 public:
  /// What an item is.
  enum class kind { record, end, abort, pause, time, idle };

  /// A record.
  template <class X>
    requires std::convertible_to<X, T>
  test_item(X&& record) : value(std::in_place, std::forward<X>(record)) {}  // NOLINT: to be written in a list
  /// The end: what follows is not read.
  test_item(end_of_input) : type(kind::end) {}  // NOLINT
  /// An exception, once.
  test_item(from::abort) : type(kind::abort), used(std::make_shared<std::atomic<bool>>(false)) {}  // NOLINT
  /// A pause.
  test_item(from::pause pause) : type(kind::pause), duration(pause.duration) {}  // NOLINT

  /// A time.
  test_item(from::time time) : type(kind::time), now(time.now) {}  // NOLINT
  /// No activity until the next time.
  test_item(from::idle) : type(kind::idle) {}  // NOLINT

  /// What this item is.
  kind type = kind::record;
  /// Of a record.
  std::optional<T> value;
  /// Of a pause.
  std::chrono::nanoseconds duration{};
  /// Of an abort: whether it has been thrown already. Copies of the flow share it.
  std::shared_ptr<std::atomic<bool>> used;
  /// Of a time.
  detail::stream_time now{};
};

/// Records for a test, with other items among them: `from::test<int>({1, 2, from::pause(1s), 3, from::end_of_input{},
/// 4})`. A `from::time` or `from::idle` is told behind the records before it, which are a batch of their own then. One
/// partition, `iterable`, resumed by index; resumed at an `end_of_input` it goes on past it.
template <class T>
class test {
 public:
  using record = T;
  using position = std::uint64_t;
  /// What the source emits, in order.
  using items = std::vector<test_item<T>>;

  /// A list of records, with `end_of_input`, `abort`, `pause`, `time` and `idle` between them.
  explicit test(items given) : items_(std::make_shared<items const>(std::move(given))) {}

  /// Records emitted together; one unless said.
  test batch_size(std::size_t records) const {
    test changed(*this);
    changed.batch_size_ = records == 0 ? 1 : records;
    return changed;
  }

  class partition {
   public:
    partition(std::shared_ptr<items const> given, std::uint64_t at, std::size_t batch_size,
              step_services const& services)
        : items_(std::move(given)), at_(at), batch_size_(batch_size), services_(services) {}

    bool next_batch(emitter<T>& out) {
      awake_ = std::nullopt;
      for (std::size_t emitted = 0; emitted != batch_size_ && at_ < items_->size();) {
        test_item<T> const& item = (*items_)[at_++];
        switch (item.type) {
          case test_item<T>::kind::record:
            out(*item.value);
            ++emitted;
            break;
          case test_item<T>::kind::end:
            return false;
          case test_item<T>::kind::abort:
            if (!item.used->exchange(true, std::memory_order_relaxed)) throw aborted();
            break;
          case test_item<T>::kind::pause:
            awake_ = detail::saturated_sum(services_.now(), item.duration);
            return true;
          case test_item<T>::kind::time:
            time_ = item.now;
            return ends_with_time();
          case test_item<T>::kind::idle:
            time_.idle = true;
            return ends_with_time();
        }
      }
      return ends_here();
    }
    std::optional<steady_time> next_awake() const { return awake_; }
    std::uint64_t snapshot() const { return at_; }
    detail::stream_time time() const { return time_; }

   private:
    /// What follows a time is another batch, at once.
    bool ends_with_time() {
      awake_ = services_.now();
      return ends_here();
    }
    /// An end right after a full batch belongs to it, as the end of the items does.
    bool ends_here() {
      if (at_ < items_->size() && (*items_)[at_].type == test_item<T>::kind::end) {
        ++at_;
        return false;
      }
      return at_ < items_->size();
    }

    std::shared_ptr<items const> items_;
    std::uint64_t at_;
    std::size_t batch_size_;
    step_services services_;
    std::optional<steady_time> awake_;
    detail::stream_time time_;
  };

  std::vector<std::string> list_parts() const { return {"iterable"}; }
  partition build_part(std::string const&, std::optional<position> const& resume, step_services const& services) const {
    return {items_, resume.value_or(0), batch_size_, services};
  }

 private:
  std::shared_ptr<items const> items_;
  std::size_t batch_size_ = 1;
};

}  // namespace from
}  // namespace leat
