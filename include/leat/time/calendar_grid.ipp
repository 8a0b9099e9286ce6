// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/time/calendar_grid.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/windower.hpp>
#include <leat/time/zone.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace leat::detail {

LEAT_COLD calendar_grid calendar_grid::hours(int count) { return {unit::hour, count, 0}; }
LEAT_COLD calendar_grid calendar_grid::days(int count) { return {unit::day, count, 0}; }

LEAT_COLD calendar_grid calendar_grid::weeks(unsigned first_day) {
  // 1970 began on a Thursday, the day 4.
  constexpr int thursday = 4;
  std::int64_t const begun = first_day > 6 ? 7 : (thursday - static_cast<int>(first_day) + 7) % 7;
  return {unit::week, 7, -begun};
}

LEAT_COLD calendar_grid calendar_grid::months(int count) { return {unit::month, count, 0}; }
LEAT_COLD calendar_grid calendar_grid::years() { return {unit::year, 12, 0}; }

LEAT_INLINE window_id calendar_grid::id_of(local_time shown) const {
  auto const since = std::clamp(shown, earliest, latest).time_since_epoch();
  if (unit_ == unit::hour) return floor_of_quotient(std::chrono::floor<std::chrono::hours>(since).count(), length_);
  auto const day = std::chrono::floor<std::chrono::days>(since);
  std::int64_t counted = day.count();
  if (unit_ == unit::month || unit_ == unit::year) {
    std::chrono::year_month_day const date{std::chrono::sys_days(day)};
    counted = (static_cast<int>(date.year()) - 1970) * 12 + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  }
  return floor_of_quotient(counted - origin_, length_);
}

LEAT_INLINE local_time calendar_grid::begin(wide_count id) const {
  // Days are more than months: what is outside of these is outside of all time, whichever it counts.
  std::int64_t const most = unit_ == unit::hour ? 2'400'000 : 100'000;
  auto const counted = std::clamp<wide_count>(id * length_ + origin_, -most, most);
  auto const units = static_cast<int>(counted);
  if (unit_ == unit::hour) return std::clamp(local_time(std::chrono::hours(units)), earliest, latest);
  std::chrono::sys_days day{std::chrono::days(units)};
  if (unit_ == unit::month || unit_ == unit::year)
    day = std::chrono::sys_days(std::chrono::year(1970) / std::chrono::January / 1 + std::chrono::months(units));
  return std::clamp(local_time(std::chrono::seconds(day.time_since_epoch())), earliest, latest);
}

LEAT_INLINE int calendar_grid::most_shown_again() const {
  // Two offsets are less than 52 hours apart.
  return unit_ == unit::hour ? 52 / static_cast<int>(length_) + 1 : 3;
}

LEAT_COLD std::string calendar_grid::parameters() const {
  constexpr std::array<char const*, 5> names{"hours", "days", "weeks", "months", "years"};
  std::string const name = concat({"calendar ", names[static_cast<std::size_t>(unit_)]});
  constexpr std::array<char const*, 7> days_of_week{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};
  if (unit_ == unit::week) return concat({name, " from ", days_of_week[static_cast<std::size_t>(origin_ + 11) % 7]});
  if (unit_ == unit::year) return name;
  return concat({name, " of ", std::to_string(length_)});
}

LEAT_COLD std::string calendar_grid::refusal() const {
  if (unit_ == unit::hour && (length_ < 1 || 24 % length_ != 0))
    return "calendar::hours needs a count that divides 24, such as 1, 6 or 12";
  if (length_ < 1)
    return concat({unit_ == unit::day ? "calendar::days" : "calendar::months", " needs a count of one at least"});
  if (origin_ == -7) return "calendar::weeks needs a day of the week to begin with";
  return {};
}

}  // namespace leat::detail
