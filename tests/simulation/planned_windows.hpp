// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "fixture/chance.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

/// A step with windows, as data. Times are nanoseconds since 1970.
namespace simulation {

using leat::test::chance;
using leat::test::mixed;

enum class windowing : unsigned char { tumbling, sliding, cumulating, everything, session, counting };
enum class made_of_window : unsigned char { fold, collect, reduce, count };

inline constexpr std::int64_t one_second = 1'000'000'000;
/// What the wall clock of a simulation begins with: 2026-01-01.
inline constexpr std::int64_t wall_at_first = 1'767'225'600 * one_second;
inline constexpr std::int64_t day = 86'400 * one_second;
inline constexpr std::int64_t no_time = (std::numeric_limits<std::int64_t>::min)();
inline constexpr std::int64_t end_of_time = (std::numeric_limits<std::int64_t>::max)();

struct planned_windows {
  windowing windower = windowing::tumbling;
  made_of_window result = made_of_window::fold;
  std::int64_t length = 1;  ///< of sessions the gap
  std::int64_t offset = 1;  ///< of cumulating windows the step
  std::int64_t align = 0;
  std::int64_t late_by = 0;      ///< the end of time: nothing is late
  std::int64_t corrections = 0;  ///< so long after their close windows take values
  std::int64_t grain = 1;        ///< of the records' times
  std::uint64_t salt = 0;
  bool ordered = true;
  bool while_open = false;
  bool all_credible = false;  ///< also what is far ahead of the wall clock
  bool by_stream = false;     ///< the clock is the stream's, which a step before dates; else each key has its own
  bool all_read = true;       ///< also what is late, and which windows have closed

  /// When the record of this value happened. Values that grow have times that grow, more or less. Some have none, some
  /// lie ahead of the wall clock: by what is trusted no more, by what is believed no more.
  std::optional<std::int64_t> time_of(std::uint64_t value) const {
    std::uint64_t const drawn = mixed(value ^ salt);
    if (drawn % 100 == 0) return std::nullopt;
    if (drawn % 100 == 1) return wall_at_first + 10 * day + static_cast<std::int64_t>(drawn % 7) * one_second;
    if (drawn % 100 == 2) return wall_at_first + day / 2 + static_cast<std::int64_t>(drawn % 7) * one_second;
    std::int64_t const since_first = static_cast<std::int64_t>(value % 1'000'000) * (one_second / 1000);
    return since_first / grain * grain - 300 * one_second;  // some are before 1970
  }
  static bool trusted(std::int64_t at) { return at < wall_at_first; }
  static bool credible(std::int64_t at) { return at < wall_at_first + day; }
};

/// Each combination of types is code of its own to compile, so there are only some: the next one is taken.
inline void choose_built(planned_windows& of) {
  bool const aligned = of.windower != windowing::session && of.windower != windowing::counting;
  if (of.windower == windowing::counting) {
    of.result = made_of_window::collect;
    of.by_stream = false;
  } else if (of.by_stream) {
    of.result = aligned ? made_of_window::fold : made_of_window::collect;
    of.ordered = of.ordered && aligned;
  } else if (aligned) {
    if (of.result == made_of_window::reduce || (of.result == made_of_window::collect && !of.ordered))
      of.result = made_of_window::fold;
    if (of.result == made_of_window::count) of.ordered = false;
  } else {
    if (of.result == made_of_window::count) of.result = made_of_window::reduce;
    if (of.result != made_of_window::fold) of.ordered = false;
  }
  of.while_open = of.while_open && aligned && !of.ordered && !of.by_stream;
  // By the clock of the stream it depends on the run which results are corrections.
  if (of.by_stream || of.ordered || of.windower == windowing::counting) of.corrections = 0;
}

/// `values_in_order`: whether the values of a key come in an order that results may depend on.
inline planned_windows draw_windows(chance& dice, bool values_in_order) {
  planned_windows drawn;
  drawn.windower = dice.pick({windowing::tumbling, windowing::sliding, windowing::cumulating, windowing::session,
                              windowing::session, windowing::counting, windowing::everything});
  drawn.result = dice.pick({made_of_window::fold, made_of_window::fold, made_of_window::collect, made_of_window::reduce,
                            made_of_window::count});
  drawn.grain = dice.pick<std::int64_t>({1, 5 * one_second, 5 * one_second});
  drawn.offset = dice.pick<std::int64_t>({5 * one_second, 20 * one_second, 7 * one_second + 1});
  drawn.length = drawn.offset * static_cast<std::int64_t>(dice.between(1, 5));
  if (drawn.windower == windowing::sliding && dice.one_in(2)) drawn.length += drawn.offset / 3;
  if (drawn.windower == windowing::session) drawn.length = dice.pick<std::int64_t>({0, 5, 10, 40}) * one_second;
  if (drawn.windower == windowing::counting) drawn.length = static_cast<std::int64_t>(dice.between(1, 7));
  drawn.align = dice.pick<std::int64_t>({0, 0, 3 * one_second, -100'000 * one_second - 1, wall_at_first});
  drawn.late_by = dice.pick<std::int64_t>({0, 5, 20, 60, 300}) * one_second;
  drawn.ordered = dice.one_in(2);
  drawn.while_open = dice.one_in(2);
  drawn.all_credible = dice.one_in(4);
  drawn.by_stream = dice.one_in(4);
  drawn.all_read = !dice.one_in(5);
  drawn.salt = dice.number();
  constexpr std::int64_t times[] = {0, 0, 5, 20, 100};
  drawn.corrections = times[drawn.salt % 5] * one_second;
  if (!values_in_order) {
    drawn.late_by = end_of_time;
    drawn.ordered = drawn.by_stream = false;
    if (drawn.windower == windowing::counting) drawn.windower = windowing::everything;
  }
  choose_built(drawn);
  return drawn;
}

}  // namespace simulation
