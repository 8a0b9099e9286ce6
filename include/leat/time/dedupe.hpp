// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/op/within.hpp>
#include <leat/time/duration_text.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/timed_step.hpp>
#include <leat/time/window_lengths.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

/// The times of the values of a key that were passed on, in ascending order, for as long as a value on time may lie
/// near them.
template <class V>
class passed_values {
 public:
  struct content_type {
    using value = V;
  };
  using state = std::vector<moment>;

  explicit passed_values(std::chrono::nanoseconds distance) : distance_(distance) {}

  template <class Outlet>
  void put(state& passed, moment at, V&& value, bool, Outlet& outlet) const {
    auto const later = std::upper_bound(passed.begin(), passed.end(), at);
    if (later != passed.end() && duration_between(at, *later) < distance_) return;
    if (later != passed.begin() && duration_between(*(later - 1), at) < distance_) return;
    passed.insert(later, at);
    outlet(std::move(value));
  }
  /// What is late has no window.
  template <class F>
  void each_of(moment, F&&) const {}

  template <class Outlet>
  void close(state& passed, moment bound, Outlet&) const {
    auto first = passed.begin();
    while (first != passed.end() && moment_plus(*first, distance_) <= bound) ++first;
    passed.erase(passed.begin(), first);
  }
  template <class Outlet>
  void end(state&, Outlet&) const {}

  moment next_close(state const& passed) const {
    return passed.empty() ? (moment::max)() : moment_plus(passed.front(), distance_);
  }
  bool empty(state const& passed) const { return passed.empty(); }

  moment next_after(moment at) const { return next_step_after(at, distance_); }
  window_lengths lengths(moment) const { return {distance_, distance_}; }

  struct saved {
    std::vector<moment> passed;

    void mark_spoken() {}
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & passed;
    }
  };
  template <class Archive>
  void save(Archive& archive, state const& passed) const {
    archive & passed;
  }
  state load(saved&& from) const { return std::move(from.passed); }

 private:
  std::chrono::nanoseconds distance_;
};

template <class Clock>
class dedupe_step {
 public:
  dedupe_step(step_name name, Clock clock, within distance)
      : name_(std::move(name)), clock_(std::move(clock)), distance_(distance.duration()) {
    refuse_windows("dedupe", name_, refusal_of(clock_),
                   distance_.count() > 0 ? "" : "within(time) needs a time of more than zero");
  }

  template <a_stream S>
  friend auto operator|(S&& up, dedupe_step self) {
    if constexpr (!can_meet_state<S>())
      return refused_timed{refused(up), {}};
    else {
      using V = value_of_pair<record_of<S>>;
      if constexpr (!clock_fits<Clock, V>())
        return refused_timed{};
      else
        return append_timed<V>(std::forward<S>(up), std::move(self.clock_), passed_values<V>(self.distance_),
                               concat({"within ", duration_text(self.distance_)}), step_info("dedupe", self.name_),
                               self.name_);
    }
  }

 private:
  step_name name_;
  Clock clock_;
  std::chrono::nanoseconds distance_;
};

}  // namespace detail

/// Passes on a value of a key unless one was passed on whose time is less than `distance` away, earlier or later. So
/// of values that lie near each other the first that comes is passed on, at once. A value is late, and in `late`, when
/// it is older than the bound of the clock. What is known of a key is forgotten once no value on time can lie near it.
/// A struct of two streams is returned, `with_late`. Everything is on the thread of the worker that owns the key.
template <class Clock>
detail::dedupe_step<Clock> dedupe(step_name name, Clock clock, within distance) {
  return {std::move(name), std::move(clock), distance};
}

}  // namespace leat
