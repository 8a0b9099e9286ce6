// SPDX-License-Identifier: BSL-1.0
#include <leat/text.hpp>
#include <leat/time/calendar.hpp>

#include <doctest/doctest.h>

#include "time/zone_files.hpp"

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace {

using leat::moment;
using leat::window_bounds;
using leat::window_id;
using leat::zone;
using namespace std::chrono_literals;
using date = std::chrono::year_month_day;

static_assert(leat::aligned_windower<leat::calendar_windower<zone>>);

window_id day_of(date day) { return std::chrono::sys_days(day).time_since_epoch().count(); }

/// Where a zone sets its clocks, as a file of the test's own and, where the system has it, as the system's.
struct place {
  char const* name;
  zone_text text;
};

/// All of them as they are since 2009 at least.
std::vector<place> places() {
  std::vector<place> result{{"Europe/Berlin", {}},     {"Australia/Lord_Howe", {}}, {"Africa/Cairo", {}},
                            {"America/Sao_Paulo", {}}, {"Pacific/Apia", {}},        {"America/New_York", {}}};
  result[0].text.rule = "CET-1CEST,M3.5.0,M10.5.0/3";
  result[1].text.rule = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
  result[2].text.rule = "EET-2EEST,M4.5.5/0,M10.5.4/24";
  result[3].text.first = -3h;
  result[3].text.changes = {{std::chrono::sys_days(2018y / 11 / 4) + 3h, -2h},
                            {std::chrono::sys_days(2019y / 2 / 17) + 2h, -3h}};
  result[3].text.rule = "<-03>3";
  result[4].text.first = -11h;
  result[4].text.changes = {{std::chrono::sys_days(2011y / 9 / 24) + 14h, -10h},
                            {std::chrono::sys_days(2011y / 12 / 30) + 10h, 14h},
                            {std::chrono::sys_days(2012y / 3 / 31) + 14h, 13h}};
  result[4].text.rule = "<+13>-13";
  result[5].text.rule = "EST5EDT,M3.2.0,M11.1.0";
  return result;
}

/// Calls `f` with the zone of that name as a file of the test has it, and as the system has it.
template <class F>
void in_both(std::string const& name, F f) {
  scratch const files;
  for (place const& each : places()) {
    if (each.name != name) continue;
    std::filesystem::create_directories(files.path(name.substr(0, name.find('/'))));
    files.write(name, each.text.bytes());
  }
  {
    zone_folder const own(files.path());
    f(zone(name));
  }
  if (std::filesystem::exists(std::string(zones_of_system) + "/" + name)) {
    zone_folder const of_system(zones_of_system);
    CAPTURE("as the system has it");
    f(zone(name));
  } else {
    MESSAGE("skipped: the system has no zone ", name);
  }
}

std::chrono::nanoseconds length_of(zone const& where, date day) {
  auto const bounds = leat::calendar::days(1, where).bounds(day_of(day));
  return bounds.close - bounds.open;
}
std::string opening_of(zone const& where, date day) {
  return leat::text(leat::calendar::days(1, where).bounds(day_of(day)).open);
}

/// Every moment of the windows is in its window, and the windows leave nothing out.
template <class Windower>
bool contiguous(Windower const& windower, moment from, moment to) {
  for (window_id id = windower.first_of(from); id <= windower.first_of(to); ++id) {
    auto const [open, close] = windower.bounds(id);
    if (close < open || windower.bounds(id + 1).open != close) return false;
    if (open == close) continue;
    for (moment const at : {open, open + (close - open) / 2, close - 1ns})
      if (windower.first_of(at) != id || windower.last_of(at) != id) return false;
  }
  return true;
}

constexpr moment of(date day) { return std::chrono::sys_days(day); }

/// The hours of a place with clocks that nobody ever sets.
struct place_of_its_own {
  std::chrono::minutes offset_at(moment) const { return 90min; }
  moment first_at(leat::local_time shown) const { return leat::moment_of(shown.time_since_epoch() - 90min); }
};

}  // namespace

TEST_CASE("days of Berlin are 23 and 25 hours long when clocks are set") {
  in_both("Europe/Berlin", [](zone const& berlin) {
    CHECK(length_of(berlin, 2026y / 3 / 28) == 24h);
    CHECK(length_of(berlin, 2026y / 3 / 29) == 23h);
    CHECK(length_of(berlin, 2026y / 10 / 25) == 25h);
    CHECK(opening_of(berlin, 2026y / 3 / 29) == "2026-03-28T23:00:00Z");
    CHECK(opening_of(berlin, 2026y / 3 / 30) == "2026-03-29T22:00:00Z");
  });
}

TEST_CASE("days of New York and their labels agree with its midnights") {
  in_both("America/New_York", [](zone const& new_york) {
    auto const days = leat::calendar::days(1, new_york);
    CHECK(length_of(new_york, 2026y / 3 / 8) == 23h);
    CHECK(length_of(new_york, 2026y / 11 / 1) == 25h);
    CHECK(days.first_of(of(2026y / 3 / 8) + 5h) == day_of(2026y / 3 / 8));
    CHECK(days.first_of(of(2026y / 3 / 8) + 5h - 1ns) == day_of(2026y / 3 / 7));
    CHECK(days.first_of(of(2026y / 3 / 9) + 4h) == day_of(2026y / 3 / 9));
    CHECK(days.first_of(of(2026y / 3 / 9) + 4h - 1ns) == day_of(2026y / 3 / 8));
  });
}

TEST_CASE("the clocks of Lord Howe are set by half an hour") {
  in_both("Australia/Lord_Howe", [](zone const& lord_howe) {
    CHECK(length_of(lord_howe, 2026y / 4 / 5) == 24h + 30min);
    CHECK(length_of(lord_howe, 2026y / 10 / 4) == 23h + 30min);
    CHECK(opening_of(lord_howe, 2026y / 10 / 4) == "2026-10-03T13:30:00Z");
  });
}

TEST_CASE("a midnight that Cairo leaves out: the day begins with the first instant behind the gap") {
  in_both("Africa/Cairo", [](zone const& cairo) {
    CHECK(opening_of(cairo, 2026y / 4 / 24) == "2026-04-23T22:00:00Z");
    CHECK(length_of(cairo, 2026y / 4 / 23) == 24h);
    CHECK(length_of(cairo, 2026y / 4 / 24) == 23h);
    CHECK(length_of(cairo, 2026y / 10 / 29) == 25h);
    // The hour before midnight is there twice: the second time it is still the same day.
    CHECK(leat::calendar::days(1, cairo).first_of(of(2026y / 10 / 29) + 21h + 30min) == day_of(2026y / 10 / 29));
  });
}

TEST_CASE("a midnight that Sao Paulo leaves out, and one that it takes back") {
  in_both("America/Sao_Paulo", [](zone const& sao_paulo) {
    CHECK(opening_of(sao_paulo, 2018y / 11 / 4) == "2018-11-04T03:00:00Z");
    CHECK(length_of(sao_paulo, 2018y / 11 / 4) == 23h);
    CHECK(length_of(sao_paulo, 2019y / 2 / 16) == 25h);
    CHECK(opening_of(sao_paulo, 2019y / 2 / 17) == "2019-02-17T03:00:00Z");
  });
}

TEST_CASE("a day that Apia leaves out is empty and holds nothing") {
  in_both("Pacific/Apia", [](zone const& apia) {
    auto const days = leat::calendar::days(1, apia);
    moment const leap = of(2011y / 12 / 30) + 10h;
    CHECK(days.bounds(day_of(2011y / 12 / 30)) == window_bounds{leap, leap});
    CHECK(days.first_of(leap - 1ns) == day_of(2011y / 12 / 29));
    CHECK(days.first_of(leap) == day_of(2011y / 12 / 31));
    CHECK(length_of(apia, 2011y / 12 / 29) == 24h);
    CHECK(length_of(apia, 2011y / 12 / 31) == 24h);
    // Of the week, six days are left.
    auto const week = leat::calendar::weeks(apia).bounds(leat::calendar::weeks(apia).first_of(leap));
    CHECK(week.close - week.open == 24h * 6);
  });
}

TEST_CASE("clocks that go back over midnight do not open the day before again") {
  scratch const files;
  zone_folder const here(files.path());
  zone_text text;
  text.first = 1h;
  text.changes = {{std::chrono::sys_days(2020y / 6 / 2) - 30min, 0h}};  // from 00:30 to 23:30
  files.write("Back", text.bytes());
  auto const days = leat::calendar::days(1, zone("Back"));
  moment const opening = of(2020y / 6 / 2) - 1h;
  CHECK(days.bounds(day_of(2020y / 6 / 2)) == window_bounds{opening, of(2020y / 6 / 3)});
  CHECK(days.first_of(opening - 1ns) == day_of(2020y / 6 / 1));
  CHECK(days.first_of(opening + 31min) == day_of(2020y / 6 / 2));  // the clocks show 23:31 of the day before
  CHECK(contiguous(days, of(2020y / 5 / 30), of(2020y / 6 / 6)));
}

TEST_CASE("the hour that Berlin leaps over is empty, and the hour that it shows twice is one window") {
  in_both("Europe/Berlin", [](zone const& berlin) {
    auto const hours = leat::calendar::hours(1, berlin);
    moment const leap = of(2026y / 3 / 29) + 1h;  // from 2 to 3 o'clock
    window_id const two = day_of(2026y / 3 / 29) * 24 + 2;
    CHECK(hours.bounds(two - 1) == window_bounds{leap - 1h, leap});
    CHECK(hours.bounds(two) == window_bounds{leap, leap});
    CHECK(hours.bounds(two + 1) == window_bounds{leap, leap + 1h});
    CHECK(hours.first_of(leap - 1ns) == two - 1);
    CHECK(hours.first_of(leap) == two + 1);

    moment const twice = of(2026y / 10 / 25);  // clocks show 2 o'clock, and an hour later again
    window_id const doubled = day_of(2026y / 10 / 25) * 24 + 2;
    CHECK(hours.bounds(doubled - 1) == window_bounds{twice - 1h, twice});
    CHECK(hours.bounds(doubled) == window_bounds{twice, twice + 2h});
    CHECK(hours.bounds(doubled + 1) == window_bounds{twice + 2h, twice + 3h});
    for (auto const after : {0min, 59min, 60min, 119min}) CHECK(hours.first_of(twice + after) == doubled);
    CHECK(hours.last_of(twice + 2h - 1ns) == doubled);
    CHECK(hours.first_of(twice + 2h) == doubled + 1);
    CHECK(contiguous(hours, of(2026y / 3 / 27), of(2026y / 10 / 27)));
  });
}

TEST_CASE("windows of several hours begin at the same times of each day, also when clocks are set") {
  in_both("America/New_York", [](zone const& new_york) {
    auto const quarters = leat::calendar::hours(6, new_york);
    window_id const in_spring = day_of(2026y / 3 / 8) * 4;
    CHECK(quarters.bounds(in_spring) == window_bounds{of(2026y / 3 / 8) + 5h, of(2026y / 3 / 8) + 10h});
    CHECK(quarters.bounds(in_spring + 1) == window_bounds{of(2026y / 3 / 8) + 10h, of(2026y / 3 / 8) + 16h});
    window_id const in_autumn = day_of(2026y / 11 / 1) * 4;
    CHECK(quarters.bounds(in_autumn) == window_bounds{of(2026y / 11 / 1) + 4h, of(2026y / 11 / 1) + 11h});
    CHECK(quarters.bounds(in_autumn + 3).close == leat::calendar::days(1, new_york).bounds(in_autumn / 4).close);
    for (int const count : {1, 2, 3, 4, 8, 12, 24})
      CHECK(contiguous(leat::calendar::hours(count, new_york), of(2026y / 3 / 1), of(2026y / 3 / 15)));
    auto const whole = leat::calendar::hours(24, new_york);
    for (window_id id = in_spring / 4 - 2; id != in_spring / 4 + 300; ++id)
      CHECK(whole.bounds(id) == leat::calendar::days(1, new_york).bounds(id));
  });
}

TEST_CASE("an hour that Lord Howe shows half again is an hour and a half long") {
  in_both("Australia/Lord_Howe", [](zone const& lord_howe) {
    auto const hours = leat::calendar::hours(1, lord_howe);
    auto const length = [&](date day, int hour) {
      auto const bounds = hours.bounds(day_of(day) * 24 + hour);
      return bounds.close - bounds.open;
    };
    CHECK(length(2026y / 4 / 5, 1) == 90min);
    CHECK(length(2026y / 4 / 5, 2) == 1h);
    CHECK(length(2026y / 10 / 4, 2) == 30min);
    CHECK(length(2026y / 10 / 4, 3) == 1h);
    CHECK(contiguous(hours, of(2026y / 4 / 1), of(2026y / 10 / 10)));
  });
}

TEST_CASE("hours before 1970, of clocks that were set in both directions, and by a whole day") {
  scratch const files;
  zone_folder const here(files.path());
  zone_text text;
  text.first = 0h;
  text.changes = {{std::chrono::sys_days(1940y / 5 / 1) + 2h, 1h},
                  {std::chrono::sys_days(1940y / 9 / 1) + 2h, 0h},
                  {std::chrono::sys_days(1950y / 1 / 2) + 12h + 30min, -24h + 1s},
                  {std::chrono::sys_days(1960y / 1 / 2) + 12h + 30min, 20h}};
  text.rule = "<+20>-20";
  files.write("Old", text.bytes());
  auto const hours = leat::calendar::hours(1, zone("Old"));
  auto const open = [&](date day, int hour) { return hours.bounds(day_of(day) * 24 + hour).open; };
  CHECK(open(1940y / 5 / 1, 2) == of(1940y / 5 / 1) + 2h);
  CHECK(open(1940y / 5 / 1, 3) == of(1940y / 5 / 1) + 2h);
  CHECK(open(1940y / 9 / 1, 2) == of(1940y / 9 / 1) + 1h);
  CHECK(open(1940y / 9 / 1, 3) == of(1940y / 9 / 1) + 3h);
  // The clocks show a day of hours again that are over: all of it belongs to the hour that had begun.
  moment const back = of(1950y / 1 / 2) + 12h + 30min;
  CHECK(hours.first_of(back - 1ns) == day_of(1950y / 1 / 2) * 24 + 12);
  for (auto const after : {0h, 1h, 12h, 24h}) CHECK(hours.first_of(back + after) == day_of(1950y / 1 / 2) * 24 + 12);
  for (date const day : {1940y / 5 / 1, 1940y / 9 / 1, 1950y / 1 / 2, 1960y / 1 / 2})
    CHECK(contiguous(hours, of(day) - 72h, of(day) + 72h));
  auto const in_utc = leat::calendar::hours(1, zone::utc());
  CHECK(in_utc.first_of(of(1970y / 1 / 1)) == 0);
  CHECK(in_utc.first_of(of(1970y / 1 / 1) - 1ns) == -1);
  CHECK(in_utc.bounds(-1) == window_bounds{of(1969y / 12 / 31) + 23h, of(1970y / 1 / 1)});
  CHECK(leat::calendar::hours(6, zone::utc()).first_of(of(1969y / 12 / 31)) == -4);
}

TEST_CASE("days, weeks, months and years before and after 1970, in UTC") {
  using namespace leat::calendar;
  CHECK(days(1, zone::utc()).first_of(of(1970y / 1 / 1)) == 0);
  CHECK(days(1, zone::utc()).first_of(of(1970y / 1 / 1) - 1ns) == -1);
  CHECK(days(7, zone::utc()).bounds(-1) == window_bounds{of(1969y / 12 / 25), of(1970y / 1 / 1)});
  CHECK(weeks(zone::utc()).bounds(0) == window_bounds{of(1969y / 12 / 29), of(1970y / 1 / 5)});
  CHECK(weeks(zone::utc(), std::chrono::Monday).bounds(0) == weeks(zone::utc()).bounds(0));
  CHECK(weeks(zone::utc(), std::chrono::Sunday).bounds(0).open == of(1969y / 12 / 28));
  CHECK(weeks(zone::utc(), std::chrono::Thursday).bounds(0).open == of(1970y / 1 / 1));
  CHECK(weeks(zone::utc(), std::chrono::Friday).bounds(0).open == of(1969y / 12 / 26));
  CHECK(weeks(zone::utc()).first_of(of(2026y / 3 / 8)) + 1 == weeks(zone::utc()).first_of(of(2026y / 3 / 9)));
  CHECK(months(1, zone::utc()).bounds(1) == window_bounds{of(1970y / 2 / 1), of(1970y / 3 / 1)});
  CHECK(months(1, zone::utc()).bounds(-1) == window_bounds{of(1969y / 12 / 1), of(1970y / 1 / 1)});
  CHECK(months(3, zone::utc()).first_of(of(1969y / 12 / 31)) == -1);
  CHECK(months(3, zone::utc()).bounds(-1).open == of(1969y / 10 / 1));
  CHECK(months(1, zone::utc()).bounds(649) == window_bounds{of(2024y / 2 / 1), of(2024y / 3 / 1)});
  CHECK(years(zone::utc()).bounds(54) == window_bounds{of(2024y / 1 / 1), of(2025y / 1 / 1)});
  CHECK(years(zone::utc()).first_of(of(1969y / 12 / 31)) == -1);
  CHECK(years(zone::utc()).first_of(of(1900y / 1 / 1)) == -70);
}

TEST_CASE("months and years of a place begin at its midnights") {
  in_both("Europe/Berlin", [](zone const& berlin) {
    CHECK(leat::calendar::months(1, berlin).bounds(675) ==
          window_bounds{of(2026y / 3 / 31) + 22h, of(2026y / 4 / 30) + 22h});
    CHECK(leat::calendar::years(berlin).bounds(56) ==
          window_bounds{of(2025y / 12 / 31) + 23h, of(2026y / 12 / 31) + 23h});
  });
}

TEST_CASE("a zone of the user's by two functions") {
  auto const days = leat::calendar::days(1, place_of_its_own());
  CHECK(days.bounds(0) == window_bounds{of(1970y / 1 / 1) - 90min, of(1970y / 1 / 2) - 90min});
  CHECK(days.first_of(of(1970y / 1 / 1) - 90min) == 0);
  CHECK(contiguous(leat::calendar::months(2, place_of_its_own()), of(1950y / 1 / 1), of(2050y / 1 / 1)));
  CHECK(days.parameters().find("calendar days of 1 in ") == 0);
  CHECK(days.parameters().find("place_of_its_own") != std::string::npos);
}

TEST_CASE("windows that reach out of time end where it does") {
  auto const far = [](auto const& windower) {
    using id = std::numeric_limits<window_id>;
    CHECK(windower.bounds(id::max()) == window_bounds{moment::max(), moment::max()});
    CHECK(windower.bounds(id::min()) == window_bounds{moment::min(), moment::min()});
    CHECK(windower.first_of(moment::min()) < windower.first_of(of(1830y / 1 / 1)));
    CHECK(windower.first_of(moment::max()) > windower.first_of(of(2110y / 1 / 1)));
  };
  far(leat::calendar::hours(1, zone::utc()));
  far(leat::calendar::hours(24, zone::fixed(-12h)));
  far(leat::calendar::days(1, zone::utc()));
  far(leat::calendar::weeks(zone::fixed(14h)));
  far(leat::calendar::months(1, zone::fixed(-12h)));
  far(leat::calendar::years(zone::utc()));
  CHECK(leat::calendar::years(zone::utc()).bounds(146) == window_bounds{of(2116y / 1 / 1), moment::max()});
  CHECK(leat::calendar::days(std::numeric_limits<int>::max(), zone::utc()).bounds(0) ==
        window_bounds{of(1970y / 1 / 1), moment::max()});
}

TEST_CASE("what is wrong with a calendar is said") {
  CHECK(leat::calendar::days(1, zone::utc()).refusal().empty());
  for (int const count : {-24, -1, 0, 5, 7, 9, 16, 23, 25, 48, std::numeric_limits<int>::min()})
    CHECK(leat::calendar::hours(count, zone::utc()).refusal() ==
          "calendar::hours needs a count that divides 24, such as 1, 6 or 12");
  for (int const count : {1, 2, 3, 4, 6, 8, 12, 24}) CHECK(leat::calendar::hours(count, zone::utc()).refusal().empty());
  CHECK(leat::calendar::days(0, zone::utc()).refusal() == "calendar::days needs a count of one at least");
  CHECK(leat::calendar::months(-1, zone::utc()).refusal() == "calendar::months needs a count of one at least");
  CHECK(leat::calendar::weeks(zone::utc(), std::chrono::weekday(8)).refusal() ==
        "calendar::weeks needs a day of the week to begin with");
  CHECK(leat::calendar::weeks(zone::utc(), std::chrono::Sunday).refusal().empty());
}

TEST_CASE("a calendar is a text that tells it from others, and holds what its zone does") {
  auto const text = leat::calendar::weeks(zone::utc(), std::chrono::Saturday).parameters();
  CHECK(text.find("calendar weeks from Saturday in UTC (zone data ") == 0);
  CHECK(leat::calendar::days(2, zone::utc()).parameters().find("calendar days of 2 in UTC") == 0);
  CHECK(leat::calendar::hours(6, zone::utc()).parameters().find("calendar hours of 6 in UTC") == 0);
  CHECK(leat::calendar::months(2, zone::utc()).parameters().find("calendar months of 2 in UTC") == 0);
  CHECK(leat::calendar::years(zone::fixed(1h)).parameters().find("calendar years in UTC+01:00 (zone data ") == 0);

  scratch const files;
  zone_folder const here(files.path());
  zone_text data = places().front().text;
  files.write("Mill", data.bytes());
  auto const before = leat::calendar::days(1, zone("Mill")).parameters();
  CHECK(before == leat::calendar::days(1, zone("Mill")).parameters());
  data.rule = "CET-1CEST,M3.5.0,M10.4.0/3";
  files.write("Mill", data.bytes());
  CHECK(before != leat::calendar::days(1, zone("Mill")).parameters());
}

TEST_CASE("days and months of zones that the system has follow each other without gaps") {
  auto const names = names_of_zones();
  if (names.empty()) MESSAGE("skipped: the system has no zones in ", zones_of_system);
  zone_folder const here(zones_of_system);
  // tests/time/zone.cpp looks at all of their changes. All days of all of them take minutes.
  bool const all = std::getenv("LEAT_TEST_LONG") != nullptr;
  for (std::size_t i = 0; i < names.size(); i += all ? 1 : 60) {
    CAPTURE(names[i]);
    zone const where(names[i]);
    CHECK(contiguous(leat::calendar::days(1, where), of(all ? 1900y / 1 / 1 : 1980y / 1 / 1),
                     of(all ? 2116y / 1 / 1 : 2030y / 1 / 1)));
    CHECK(contiguous(leat::calendar::months(1, where), of(1830y / 1 / 1), of(2116y / 1 / 1)));
  }
}
