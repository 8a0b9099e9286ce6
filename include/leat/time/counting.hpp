// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/clock.hpp>
#include <leat/time/moment.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>

namespace leat {

/// Windows of so many values of a key each, in the order in which they come. No clock is asked, so they have no bounds
/// in time. The id is how many values came before the window, which each key is remembered for.
class counting {
 public:
  /// At least 1; refused otherwise when the step is described.
  template <std::integral Number>
  explicit constexpr counting(Number values) : values_(values > Number{0} ? static_cast<std::uint64_t>(values) : 0) {}

  /// In a window; 0: it is refused.
  std::uint64_t values() const { return values_; }
  /// What has to be the same when a run goes on from a snapshot.
  std::string parameters() const { return "counting " + std::to_string(values_); }
  /// What is wrong with its numbers; empty: nothing.
  std::string refusal() const { return values_ == 0 ? "counting needs at least 1 value for a window" : ""; }

 private:
  std::uint64_t values_;
};

namespace detail {

/// For windows that need no clock.
struct no_clock {
  static constexpr bool goes_by_stream = false;
  static constexpr readings due_by{.watermark = false, .quiet = false, .wall = false};
  struct state {
    template <class Archive>
    void serialize(Archive&, unsigned) {}
  };
  template <class V>
  std::optional<moment> time_of(V const&) const {
    return moment();
  }
  moment observe(state&, moment, reading const&) const { return (moment::min)(); }
  moment bound(state const&, reading const&) const { return (moment::min)(); }
  due_at due(state const&, moment, reading const&) const { return {}; }
};

}  // namespace detail
}  // namespace leat
