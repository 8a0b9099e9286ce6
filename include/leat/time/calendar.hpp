// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/type_name.hpp>
#include <leat/time/calendar_grid.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/standard_zone.hpp>
#include <leat/time/windower.hpp>
#include <leat/time/zone.hpp>

#include <string>
#include <utility>

namespace leat {

namespace detail {

template <class Z>
concept zone_like = requires(Z const& zone) { zone_of(zone); };

}  // namespace detail

/// Windows of a calendar: the hours, days, weeks, months or years of a place. They open and close at full hours or
/// midnights that its clocks show, so a day is 23 to 25 hours long where clocks are set twice a year. A window begins
/// at the first moment at which the clocks show its first time or a later one. An hour or a day that a place leaves out
/// is empty. An hour that its clocks show twice is one window. Made by the functions of `leat::calendar`.
template <a_zone Z>
class calendar_windower {
 public:
  static constexpr bool disjoint = true;  ///< each moment is in one window

  calendar_windower(detail::calendar_grid grid, Z zone) : grid_(std::move(grid)), zone_(std::move(zone)) {}

  /// The window that the moment is in.
  window_id first_of(moment at) const {
    auto const instant = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch());
    window_id id = grid_.id_of(local_time(instant + std::chrono::seconds(zone_.offset_at(at))));
    // Clocks that were set back show a window again that is over.
    for (int left = grid_.most_shown_again(); left != 0 && begin(id + 1) <= at; --left) ++id;
    return id;
  }
  /// The same: there is one.
  window_id last_of(moment at) const { return first_of(at); }
  /// From one full hour or midnight to another.
  window_bounds bounds(window_id id) const { return {begin(id), begin(detail::wide_count{id} + 1)}; }

  /// What it is, as text, with the parameters of its zone.
  std::string parameters() const {
    std::string const of_zone = [&] {
      if constexpr (requires { std::string(zone_.parameters()); })
        return std::string(zone_.parameters());
      else
        return detail::type_name<Z>();
    }();
    return detail::concat({grid_.parameters(), " in ", of_zone});
  }
  /// What is wrong with its numbers; empty: nothing.
  std::string refusal() const { return grid_.refusal(); }

 private:
  moment begin(detail::wide_count id) const {
    // A zone is asked for what may have a moment only: nothing overflows in it.
    local_time const shown = grid_.begin(id);
    if (shown <= detail::calendar_grid::earliest) return (moment::min)();
    if (shown >= detail::calendar_grid::latest) return (moment::max)();
    return zone_.first_at(shown);
  }

  detail::calendar_grid grid_;
  Z zone_;
};

namespace detail {

/// What is no zone was refused by a sentence: the type goes on, so that it is the only error.
template <class Zone>
auto calendar_of(calendar_grid const& grid, Zone const& zone) {
  if constexpr (zone_like<Zone>)
    return calendar_windower<decltype(zone_of(zone))>(grid, zone_of(zone));
  else
    return calendar_windower<leat::zone>(grid, leat::zone::utc());
}

template <class Weekday>
concept day_of_week = requires(Weekday day) { unsigned{day.c_encoding()}; };

template <class Zone>
constexpr void check_zone() {
  constexpr bool fits = zone_like<Zone>;
  static_assert(fits,
                "leat: a calendar is that of a zone, such as leat::zone(\"Europe/Berlin\"), or of a type that has "
                "offset_at(moment) and first_at(local_time)");
}

}  // namespace detail

/// Windowers whose windows are units of a calendar in a zone, which is a `leat::zone`, a type of your own (`a_zone`),
/// or a `std::chrono::time_zone const*` where the standard library has zones. Their ids count from the window in which
/// the clocks show the beginning of 1970.
namespace calendar {

/// So many hours each, by what the clocks show: windows of `hours(6, zone)` begin at 0, 6, 12 and 18 o'clock, also on
/// days on which the clocks are set. An hour that they leap over is empty, and one that they show twice is two hours
/// long. `leat::tumbling` has windows that are all equally long. Refused when the step is described: a count that does
/// not divide 24.
template <class Zone>
auto hours(int count, Zone const& zone) {
  detail::check_zone<Zone>();
  return detail::calendar_of(detail::calendar_grid::hours(count), zone);
}

/// So many days each; one of them begins with 1970-01-01. Refused when the step is described: less than one.
template <class Zone>
auto days(int count, Zone const& zone) {
  detail::check_zone<Zone>();
  return detail::calendar_of(detail::calendar_grid::days(count), zone);
}

/// Weeks that begin with Monday.
template <class Zone>
auto weeks(Zone const& zone) {
  detail::check_zone<Zone>();
  return detail::calendar_of(detail::calendar_grid::weeks(1), zone);
}
/// Weeks that begin with that day, a `std::chrono::weekday`.
template <class Zone, class Weekday>
auto weeks(Zone const& zone, Weekday first) {
  detail::check_zone<Zone>();
  constexpr bool fits = detail::day_of_week<Weekday>;
  static_assert(
      fits, "leat: calendar::weeks(zone, first) is given the day that weeks begin with, such as std::chrono::Sunday");
  if constexpr (fits)
    return detail::calendar_of(detail::calendar_grid::weeks(first.c_encoding()), zone);
  else
    return weeks(zone);
}

/// So many months each; one of them begins with January 1970. Refused when the step is described: less than one.
template <class Zone>
auto months(int count, Zone const& zone) {
  detail::check_zone<Zone>();
  return detail::calendar_of(detail::calendar_grid::months(count), zone);
}

/// Years from January on.
template <class Zone>
auto years(Zone const& zone) {
  detail::check_zone<Zone>();
  return detail::calendar_of(detail::calendar_grid::years(), zone);
}

}  // namespace calendar
}  // namespace leat
