// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/text.hpp>

#include <chrono>
#include <string>

namespace leat::detail {

LEAT_INLINE void append_time(std::string& to, std::chrono::days day, std::chrono::nanoseconds since_midnight) {
  std::chrono::year_month_day const date{std::chrono::sys_days(day)};
  std::chrono::hh_mm_ss<std::chrono::nanoseconds> const time(since_midnight);
  append_padded(to, static_cast<int>(date.year()), 4);
  to += '-';
  append_padded(to, static_cast<unsigned>(date.month()), 2);
  to += '-';
  append_padded(to, static_cast<unsigned>(date.day()), 2);
  to += 'T';
  append_padded(to, time.hours().count(), 2);
  to += ':';
  append_padded(to, time.minutes().count(), 2);
  to += ':';
  append_padded(to, time.seconds().count(), 2);
  if (time.subseconds().count() != 0) {
    to += '.';
    append_padded(to, time.subseconds().count(), 9);
    to.erase(to.find_last_not_of('0') + 1);
  }
  to += 'Z';
}

LEAT_INLINE void append_padded(std::string& to, long long value, std::size_t width) {
  std::string const digits = std::to_string(value);
  if (digits.size() < width) to.append(width - digits.size(), '0');
  to += digits;
}

}  // namespace leat::detail
