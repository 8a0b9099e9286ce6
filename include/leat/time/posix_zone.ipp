// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/time/posix_zone.hpp>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::detail {

class posix_zone::reader {
 public:
  explicit reader(std::string_view rule) : rule_(rule), rest_(rule) {}

  bool at_end() const { return rest_.empty(); }
  bool next_is(char wanted) const { return rest_.starts_with(wanted); }
  bool take(char wanted) {
    if (!next_is(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) {
    if (!take(wanted)) refuse();
  }

  void name() {
    bool const quoted = take('<');
    std::size_t length = 0;
    while (length != rest_.size() && belongs_to_name(rest_[length], quoted)) ++length;
    if (length < 3) refuse();
    rest_.remove_prefix(length);
    if (quoted) expect('>');
  }

  /// Hours, and perhaps minutes and seconds.
  std::chrono::seconds time(unsigned most_hours) {
    bool const negative = take('-');
    if (!negative) take('+');
    std::chrono::seconds result = std::chrono::hours(number(0, most_hours));
    if (take(':')) {
      result += std::chrono::minutes(number(0, 59));
      if (take(':')) result += std::chrono::seconds(number(0, 59));
    }
    return negative ? -result : result;
  }

  yearly day_and_time() {
    expect(',');
    yearly result;
    if (take('M')) {
      result.form = yearly::kind::weekday_of_month;
      result.month = number(1, 12);
      expect('.');
      result.week = number(1, 5);
      expect('.');
      result.day = number(0, 6);
    } else if (take('J')) {
      result.form = yearly::kind::day_without_leap_day;
      result.day = number(1, 365);
    } else {
      result.day = number(0, 365);
    }
    result.time = take('/') ? time(167) : std::chrono::hours(2);
    return result;
  }

  [[noreturn]] void refuse() const {
    throw std::runtime_error(concat({"its rule for later years, \"", shown(rule_), "\", is not one of POSIX"}));
  }

 private:
  static bool belongs_to_name(char letter, bool quoted) {
    bool const alphabetic = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    return alphabetic || (quoted && ((letter >= '0' && letter <= '9') || letter == '+' || letter == '-'));
  }

  unsigned number(unsigned least, unsigned most) {
    unsigned value = 0;
    std::size_t digits = 0;
    for (; digits != rest_.size() && digits != 3 && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits)
      value = value * 10 + static_cast<unsigned>(rest_[digits] - '0');
    if (digits == 0 || value < least || value > most) refuse();
    rest_.remove_prefix(digits);
    return value;
  }

  std::string_view rule_;
  std::string_view rest_;
};

LEAT_COLD posix_zone::posix_zone(std::string_view rule) {
  reader from(rule);
  from.name();
  standard_ = -from.time(24);  // written down is what is to be added to get UTC
  if (from.at_end()) return;
  has_summer_ = true;
  from.name();
  summer_ = from.next_is(',') ? standard_ + std::chrono::hours(1) : -from.time(24);
  begin_ = from.day_and_time();
  end_ = from.day_and_time();
  if (!from.at_end()) from.refuse();
}

LEAT_COLD std::chrono::sys_seconds posix_zone::yearly::in(std::chrono::year year) const {
  using namespace std::chrono;
  sys_days const new_year = sys_days(year / January / 1);
  switch (form) {
    case kind::day:
      return new_year + days(day) + time;
    case kind::day_without_leap_day:
      return new_year + days(day - (day >= 60 && year.is_leap() ? 0U : 1U)) + time;
    case kind::weekday_of_month:
      break;
  }
  auto const of_month = year / std::chrono::month(month);
  sys_days const found = week == 5 ? sys_days(of_month / weekday(day)[last]) : sys_days(of_month / weekday(day)[week]);
  return found + time;
}

LEAT_COLD std::vector<offset_change> posix_zone::changes(std::chrono::year from, std::chrono::year to) const {
  std::vector<offset_change> result;
  if (!has_summer_) return result;
  for (std::chrono::year year = from; year <= to; ++year) {
    result.push_back({begin_.in(year)-standard_, summer_});
    result.push_back({end_.in(year)-summer_, standard_});
    // They are in order but for a few. Of two at one instant the one of the later year holds: where summer time lasts
    // the whole year, it ends when it begins anew.
    for (std::size_t i = result.size() - 2; i != result.size(); ++i)
      for (std::size_t j = i; j != 0 && result[j].at < result[j - 1].at; --j) std::swap(result[j], result[j - 1]);
  }
  return result;
}

}  // namespace leat::detail
