// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/zone_table.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace leat::detail {

/// The rule by which a zone sets its clocks in every year, as the environment variable TZ spells it and zone files end
/// with it: `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX.1-2017, 8.3; RFC 8536, 3.3, for the hours of a change).
class posix_zone {
 public:
  /// Throws std::runtime_error with the reason when it is no such rule.
  explicit posix_zone(std::string_view rule);

  /// What holds where nothing else is said.
  std::chrono::seconds standard() const { return standard_; }

  /// The changes of these years, both included, in the order of time.
  std::vector<offset_change> changes(std::chrono::year from, std::chrono::year to) const;

 private:
  /// A day of a year, and how long after its beginning the clocks are set.
  struct yearly {
    enum class kind : std::uint8_t { day_without_leap_day, day, weekday_of_month };

    std::chrono::sys_seconds in(std::chrono::year year) const;

    kind form = kind::day;
    unsigned day = 0;  ///< of the year; of the week, from Sunday
    unsigned week = 0;
    unsigned month = 0;
    std::chrono::seconds time{};
  };

  class reader;

  std::chrono::seconds standard_{};
  std::chrono::seconds summer_{};
  bool has_summer_ = false;
  yearly begin_;  ///< of summer time, by the clocks before it
  yearly end_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/posix_zone.ipp>
#endif
