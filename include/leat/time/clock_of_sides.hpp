// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/moment.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace leat::detail {

/// A clock for each side of a join, so that no side makes the records of another late: a value is late by its own
/// side's clock, and a window closes once the clocks of all sides have reached its end. For a side of which a key has
/// no record yet the key's first record counts, on whichever side it came.
template <class Clock, class... Vs>
class clock_of_sides {
 public:
  static constexpr std::size_t sides = sizeof...(Vs);
  using value = std::variant<Vs...>;

  struct clock_of_side {
    typename Clock::state clock{};
    bool begun = false;  ///< a record of its own has come
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & clock & begun;
    }
  };
  struct state {
    std::array<clock_of_side, sides> of;
    std::chrono::nanoseconds quiet_at{0};  ///< how quiet it had been when the key's first record came
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      for (clock_of_side& each : of) archive & each;
      archive & quiet_at;
    }
  };
  using bounds_of_sides = std::array<moment, sides>;

  explicit clock_of_sides(Clock clock) : clock_(std::move(clock)) {}

  static constexpr bool goes_by_stream = [] {
    if constexpr (requires { Clock::goes_by_stream; })
      return Clock::goes_by_stream;
    else
      return true;
  }();

  static constexpr bool needs_a_dated_stream = detail::needs_a_dated_stream<Clock>;
  decltype(auto) dates_by() const
    requires dates_its_stream<Clock>
  {
    return clock_.dates_by();
  }

  std::optional<moment> time_of(value const& of) const {
    return std::visit([this](auto const& given) { return clock_.time_of(given); }, of);
  }

  /// The bound of this side.
  moment observe(state& key, std::size_t side, moment at, reading const& now) const {
    if (std::none_of(key.of.begin(), key.of.end(), [](clock_of_side const& each) { return each.begun; })) {
      key.quiet_at = now.quiet;
      for (clock_of_side& each : key.of) clock_.observe(each.clock, at, now);
    }
    clock_of_side& own = key.of[side];
    // Its first record is not late because another side is ahead; it may be since there was waiting for it.
    if (!own.begun && key.quiet_at == now.quiet) own.clock = {};
    own.begun = true;
    return clock_.observe(own.clock, at, now);
  }
  bounds_of_sides bounds(state const& key, reading const& now) const {
    bounds_of_sides result;
    for (std::size_t side = 0; side != sides; ++side) result[side] = clock_.bound(key.of[side].clock, now);
    return result;
  }
  /// That of the side that is behind the others.
  moment bound(state const& key, reading const& now) const {
    bounds_of_sides const all = bounds(key, now);
    return *std::min_element(all.begin(), all.end());
  }

  /// When the first of the sides that are behind may have come to this moment.
  due_at due(state const& key, moment close, reading const& now) const {
    for (clock_of_side const& each : key.of)
      if (clock_.bound(each.clock, now) < close) return clock_.due(each.clock, close, now);
    return {.watermark = close};
  }
  /// When any side may have come to what is awaited of it; the end: nothing is.
  due_at due_by_sides(state const& key, bounds_of_sides const& awaited, reading const& now) const {
    due_at first;
    for (std::size_t side = 0; side != sides; ++side) {
      if (awaited[side] == (moment::max)()) continue;
      due_at const due_there = clock_.due(key.of[side].clock, awaited[side], now);
      first = {(std::min)(first.watermark, due_there.watermark), (std::min)(first.quiet, due_there.quiet),
               (std::min)(first.wall, due_there.wall)};
    }
    return first;
  }

  bool credible(moment at, reading const& now) const
    requires requires(Clock const& clock) { clock.credible(at, now); }
  {
    return clock_.credible(at, now);
  }
  bool worth_keeping(state const& key, reading const& now) const
    requires requires(Clock const& clock, typename Clock::state const& of) { clock.worth_keeping(of, now); }
  {
    return std::any_of(key.of.begin(), key.of.end(),
                       [&](clock_of_side const& each) { return clock_.worth_keeping(each.clock, now); });
  }
  due_at kept_until(state const& key, reading const& now) const
    requires requires(Clock const& clock, typename Clock::state const& of) { clock.kept_until(of, now); }
  {
    for (clock_of_side const& each : key.of)
      if (clock_.worth_keeping(each.clock, now)) return clock_.kept_until(each.clock, now);
    return {};
  }
  void begin_batch(wall_time wall)
    requires requires(Clock& clock) { clock.begin_batch(wall); }
  {
    clock_.begin_batch(wall);
  }
  std::chrono::nanoseconds corrections() const
    requires requires(Clock const& clock) { clock.corrections(); }
  {
    return clock_.corrections();
  }
  std::chrono::nanoseconds waits() const
    requires requires(Clock const& clock) { clock.waits(); }
  {
    return clock_.waits();
  }

 private:
  Clock clock_;
};

}  // namespace leat::detail
