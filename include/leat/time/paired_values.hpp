// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/window_lengths.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

namespace leat::detail {

/// The values of two sides of a key that others of the other side may come for, each side in the order of its times. A
/// left value stays until the clock of the right side has passed all that pairs with it, and the other way round.
template <class L, class R>
class paired_values {
 public:
  static constexpr bool goes_by_sides = true;
  struct content_type {
    using value = std::variant<L, R>;
  };
  struct left_value {
    moment at;
    bool paired = false;  ///< or said at an end to have no partner, which is said once
    L value;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & at & paired & value;
    }
  };
  struct right_value {
    moment at;
    R value;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & at & value;
    }
  };
  struct state {
    std::vector<left_value> left;
    std::vector<right_value> right;
  };

  /// A right value pairs with a left one that it lies at most `before` ahead of, or at most `after` behind.
  paired_values(std::chrono::nanoseconds before, std::chrono::nanoseconds after) : before_(before), after_(after) {}

  template <class Outlet>
  void put(state& of, moment at, std::variant<L, R>&& value, bool, Outlet& outlet) const {
    if (value.index() == 0) {
      left_value given{at, false, std::get<0>(std::move(value))};
      moment const last = moment_plus(at, after_);
      for (auto each = first_not_before(of.right, moment_minus(at, before_));
           each != of.right.end() && each->at <= last; ++each) {
        given.paired = true;
        outlet.pair(given.value, each->value);
      }
      insert(of.left, std::move(given));
    } else {
      right_value given{at, std::get<1>(std::move(value))};
      moment const last = moment_plus(at, before_);
      for (auto each = first_not_before(of.left, moment_minus(at, after_)); each != of.left.end() && each->at <= last;
           ++each) {
        each->paired = true;
        outlet.pair(each->value, given.value);
      }
      insert(of.right, std::move(given));
    }
  }
  /// What is late has no window.
  template <class F>
  void each_of(moment, F&&) const {}

  template <class Outlet>
  void close(state& of, std::array<moment, 2> const& bounds, Outlet& outlet) const {
    auto left = of.left.begin();
    for (; left != of.left.end() && moment_plus(left->at, after_) < bounds[1]; ++left) tell_unpaired(*left, outlet);
    of.left.erase(of.left.begin(), left);
    auto right = of.right.begin();
    while (right != of.right.end() && moment_plus(right->at, before_) < bounds[0]) ++right;
    of.right.erase(of.right.begin(), right);
  }
  template <class Outlet>
  void end(state& of, Outlet& outlet) const {
    for (left_value& each : of.left) tell_unpaired(each, outlet);
    of = {};
  }

  /// The times that the clocks of the two sides have to reach until something leaves.
  std::array<moment, 2> next_closes(state const& of) const {
    return {of.right.empty() ? (moment::max)() : just_after(of.right.front().at, before_),
            of.left.empty() ? (moment::max)() : just_after(of.left.front().at, after_)};
  }
  bool empty(state const& of) const { return of.left.empty() && of.right.empty(); }

  moment next_after(moment at) const { return next_step_after(at, (std::max)(before_, after_)); }
  window_lengths lengths(moment) const {
    std::chrono::nanoseconds const longest = (std::max)(before_, after_);
    return {longest, longest};
  }

  struct saved {
    std::vector<left_value> left;
    std::vector<right_value> right;

    void mark_spoken() {
      for (left_value& each : left) each.paired = true;
    }
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      serialize_all(archive, left);
      serialize_all(archive, right);
    }
  };
  template <class Archive>
  void save(Archive& archive, state const& of) const {
    save_all(archive, of.left);
    save_all(archive, of.right);
  }
  state load(saved&& from) const { return {std::move(from.left), std::move(from.right)}; }

 private:
  static moment just_after(moment at, std::chrono::nanoseconds time) {
    return moment_plus(moment_plus(at, time), std::chrono::nanoseconds(1));
  }
  template <class Side>
  static auto first_not_before(Side& values, moment at) {
    return std::lower_bound(values.begin(), values.end(), at,
                            [](auto const& each, moment than) { return each.at < than; });
  }
  /// Behind those of its time.
  template <class Value>
  static void insert(std::vector<Value>& values, Value&& given) {
    auto place = values.end();
    while (place != values.begin() && (place - 1)->at > given.at) --place;
    values.insert(place, std::move(given));
  }
  template <class Archive, class Value>
  static void save_all(Archive& archive, std::vector<Value> const& values) {
    auto const count = static_cast<std::uint64_t>(values.size());
    archive & count;
    for (Value const& each : values) archive & each;
  }
  template <class Outlet>
  static void tell_unpaired(left_value& of, Outlet& outlet) {
    if (!of.paired) outlet.unpaired(std::move(of.value));
  }

  std::chrono::nanoseconds before_;
  std::chrono::nanoseconds after_;
};

}  // namespace leat::detail
