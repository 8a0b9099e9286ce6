// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/windower.hpp>
#include <leat/time/zone.hpp>

#include <cstdint>
#include <string>

namespace leat::detail {

/// Where windows of hours, days or months begin, by the clocks of a place.
class calendar_grid {
 public:
  /// No moment is there. The zones of all places, taken together, are two days wide.
  static constexpr local_time latest{std::chrono::seconds(std::int64_t{1} << 33)};
  static constexpr local_time earliest{-latest.time_since_epoch()};

  static calendar_grid hours(int count);
  static calendar_grid days(int count);
  /// From Sunday, 0.
  static calendar_grid weeks(unsigned first_day);
  static calendar_grid months(int count);
  static calendar_grid years();

  window_id id_of(local_time shown) const;
  /// Between `earliest` and `latest`, both included.
  local_time begin(wide_count id) const;

  /// How many windows may have begun, at most, when clocks that are set back show the first of them again.
  int most_shown_again() const;

  std::string parameters() const;
  std::string refusal() const;

 private:
  enum class unit : std::uint8_t { hour, day, week, month, year };

  calendar_grid(unit of, std::int64_t length, std::int64_t origin) : unit_(of), length_(length), origin_(origin) {}

  unit unit_;
  std::int64_t length_;  ///< in hours, days or months
  std::int64_t origin_;  ///< the hour, day or month, counted from 1970, with which window 0 begins
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/calendar_grid.ipp>
#endif
