// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/is_optional.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/saturated_time.hpp>
#include <leat/error.hpp>
#include <leat/from/end_of_input.hpp>
#include <leat/from/source.hpp>
#include <leat/op/function/owned_record.hpp>
#include <leat/record.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {

/// Thrown by a function that `from::poll` calls: nothing to be had now, call again after this long.
struct retry_after {
  /// Counted from when `f` returned.
  explicit retry_after(std::chrono::nanoseconds length) : duration(length) {}
  /// How long `f` is not called.
  std::chrono::nanoseconds duration;
};

namespace detail {

template <class T>
struct polled_record {
  using type = T;
};
template <class T>
struct polled_record<std::optional<T>> {
  using type = T;
};

/// What `f()` returns; void also where it cannot be called.
template <class F>
struct result_of_polled {
  using type = void;
};
template <class F>
  requires requires(F& f) { f(); }
struct result_of_polled<F> {
  using type = std::remove_cvref_t<decltype(std::declval<F&>()())>;
};

/// The record of a function that is polled; that of a refused source after a sentence.
template <class F>
consteval auto record_of_polled() {
  using result = typename result_of_polled<F>::type;
  constexpr bool f_returns_a_record = !std::is_void_v<result>;
  static_assert(f_returns_a_record,
                "leat: from::poll(interval, f): f is called as f() and must return the record, or a std::optional of "
                "it that is empty when there is none");
  constexpr bool f_returns_at_once = !awaitable<result>;
  static_assert(f_returns_at_once,
                "leat: from::poll(interval, f): f returns something to be awaited: write a coroutine for "
                "from::generate");
  if constexpr (!f_returns_a_record || !f_returns_at_once) {
    return std::type_identity<poison>{};
  } else {
    using record = record_made_of<typename polled_record<result>::type>;
    return std::type_identity<std::conditional_t<owns_what_it_shows<record>(), record, poison>>{};
  }
}

template <class F>
class poll_partition {
  using result = std::remove_cvref_t<decltype(std::declval<F&>()())>;
  using T = record_made_of<typename polled_record<result>::type>;

 public:
  poll_partition(F const& f, std::chrono::nanoseconds interval, std::optional<wall_time> const& aligned,
                 step_services const& services)
      : f_(f), services_(services), interval_(interval), due_(services.now()) {
    if (aligned) due_ += until_aligned(services.wall() - *aligned);
  }

  bool next_batch(emitter<T>& out) {
    if (services_.now() < due_) return true;
    try {
      result found = f_();
      due_ = saturated_sum(due_, interval_);
      if constexpr (is_optional<result>) {
        if (found) out(std::move(*found));
      } else {
        out(std::move(found));
      }
    } catch (retry_after const& later) {
      due_ = saturated_sum(due_, later.duration);
    } catch (from::end_of_input const&) {
      return false;
    }
    return true;
  }
  std::optional<steady_time> next_awake() const { return due_; }

 private:
  /// How long until the time since the anchor is a whole number of intervals.
  std::chrono::nanoseconds until_aligned(std::chrono::nanoseconds since) const {
    auto past = since % interval_;
    if (past.count() < 0) past += interval_;
    return past.count() == 0 ? past : interval_ - past;
  }

  F f_;
  step_services services_;
  std::chrono::nanoseconds interval_;
  steady_time due_;
};

}  // namespace detail

namespace from {

/// Calls `f()` at once and then every `interval` (from the time a call was due, not from when it was made), on the
/// thread of one worker. `f` returns the record, or a `std::optional` of it that is empty when there is nothing now;
/// the text of a `std::string_view` is copied at once. It may throw `leat::retry_after`, or `from::end_of_input` to end
/// the input. One partition, `poll`; it keeps no position: after a restart `f` is asked for what comes next.
template <class F>
class poll {
 public:
  using record = typename decltype(detail::record_of_polled<F>())::type;
  using position = no_position;

  /// Throws flow_error unless the interval is longer than zero.
  poll(std::chrono::nanoseconds interval, F f) : interval_(interval), f_(std::move(f)) {
    if (interval.count() <= 0) throw flow_error("from::poll(interval, f): the interval must be longer than zero");
  }

  /// The first call waits for a time that is a whole number of intervals from this one.
  poll align_to(wall_time anchor) const {
    poll aligned(*this);
    aligned.anchor_ = anchor;
    return aligned;
  }

  std::vector<std::string> list_parts() const { return {"poll"}; }
  detail::poll_partition<F> build_part(std::string const&, std::optional<position> const&,
                                       step_services const& services) const {
    return {f_, interval_, anchor_, services};
  }

 private:
  std::chrono::nanoseconds interval_;
  F f_;
  std::optional<wall_time> anchor_;
};

}  // namespace from
}  // namespace leat
