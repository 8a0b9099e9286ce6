// SPDX-License-Identifier: BSL-1.0
#include <leat/error.hpp>
#include <leat/time/zone.hpp>
#include <leat/time/zone_file.hpp>
#include <leat/time/zone_table.hpp>

#include <doctest/doctest.h>

#include "time/zone_files.hpp"

#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using leat::moment;
using leat::zone;
using leat::detail::zone_table;
using namespace std::chrono_literals;

static_assert(leat::a_zone<zone>);
static_assert(!leat::a_zone<int>);

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (leat::flow_error const& error) {
    return error.what();
  }
  return "";
}

moment midnight(std::chrono::year_month_day day) { return std::chrono::sys_days(day); }

constexpr std::chrono::sys_seconds from = std::chrono::sys_days(1900y / 1 / 1);
constexpr std::chrono::sys_seconds to = std::chrono::sys_days(2200y / 1 / 1);

/// When the clocks of a zone were set between 1900 and 2200, found by looking at them every week.
std::vector<std::chrono::sys_seconds> changes_of(zone_table const& table) {
  std::vector<std::chrono::sys_seconds> changes;
  auto before = table.offset_at(from);
  for (auto at = from; at < to; at += std::chrono::weeks(1)) {
    auto low = at;
    auto high = at + std::chrono::weeks(1);
    auto const offset = table.offset_at(high);
    if (offset == std::exchange(before, offset)) continue;
    while (high - low > 1s) {
      auto const middle = low + (high - low) / 2;
      (table.offset_at(middle) == offset ? high : low) = middle;
    }
    changes.push_back(high);
  }
  return changes;
}

/// The zones of the system; of those that say the same, one.
std::vector<std::pair<std::string, zone_table>> tables() {
  zone_folder const here(zones_of_system);
  std::vector<std::pair<std::string, zone_table>> result;
  std::set<std::uint64_t> known;
  for (std::string const& name : names_of_zones()) {
    auto table = leat::detail::find_zone(name);
    if (known.insert(table.hash()).second) result.emplace_back(name, std::move(table));
  }
  return result;
}

}  // namespace

TEST_CASE("zones that need no files") {
  CHECK(zone::utc().offset_at(midnight(2026y / 7 / 1)) == 0s);
  CHECK(zone::utc().name() == "UTC");
  CHECK(zone::fixed(1h).offset_at(midnight(2026y / 7 / 1)) == 1h);
  CHECK(zone::fixed(1h).name() == "UTC+01:00");
  CHECK(zone::fixed(-(9h + 30min)).name() == "UTC-09:30");
  CHECK(zone::fixed(53min + 28s).name() == "UTC+00:53:28");
  CHECK(zone::fixed(-1h).first_at(leat::local_time(0s)) == moment(1h));
  CHECK(zone::fixed(23h).offset_at((moment::min)()) == 23h);
}

TEST_CASE("a moment as clocks show it has their offset behind it") {
  CHECK(zone::utc().text(moment(1645702928s)) == "2022-02-24T11:42:08+00:00");
  CHECK(zone::fixed(5h + 30min).text(moment(1645702928s + 50ms)) == "2022-02-24T17:12:08.05+05:30");
  CHECK(zone::fixed(-(9h + 30min)).text(midnight(2026y / 1 / 1)) == "2025-12-31T14:30:00-09:30");
  CHECK(zone::fixed(53min + 28s).text(midnight(1890y / 1 / 1)) == "1890-01-01T00:53:28+00:53:28");
  CHECK(zone::fixed(-30s).text(moment(0s)) == "1969-12-31T23:59:30-00:00:30");
  CHECK(zone::fixed(1h).text(moment(-1ns)) == "1970-01-01T00:59:59.999999999+01:00");
  CHECK(zone::fixed(23h).text((moment::max)()) == "2262-04-12T22:47:16.854775807+23:00");
  CHECK(zone::fixed(-23h).text((moment::min)()) == "1677-09-20T01:12:43.145224192-23:00");

  scratch const files;
  zone_folder const here(files.path());
  zone_text text;
  text.rule = "CET-1CEST,M3.5.0,M10.5.0/3";
  files.write("Mill", text.bytes());
  zone const mill("Mill");
  moment const back = midnight(2026y / 10 / 25) + 1h;
  CHECK(mill.text(back - 30min) == "2026-10-25T02:30:00+02:00");
  CHECK(mill.text(back - 1ns) == "2026-10-25T02:59:59.999999999+02:00");
  CHECK(mill.text(back) == "2026-10-25T02:00:00+01:00");
  CHECK(mill.text(back + 30min) == "2026-10-25T02:30:00+01:00");
  CHECK(mill.text(midnight(2026y / 3 / 29) + 1h - 1s) == "2026-03-29T01:59:59+01:00");
  CHECK(mill.text(midnight(2026y / 3 / 29) + 1h) == "2026-03-29T03:00:00+02:00");
}

TEST_CASE("a fixed zone is less than a day away from UTC") {
  for (auto const offset : {24h, -24h, 1000h})
    CHECK(refusal([&] { zone::fixed(offset); }).find("clocks differ from UTC by less than a day") != std::string::npos);
  CHECK(refusal([] { zone::fixed(24h); }).starts_with("zone::fixed(86400s) ("));
}

TEST_CASE("a moment before 1970 belongs to the second that it is in") {
  scratch const files;
  zone_folder const here(files.path());
  zone_text text;
  text.changes = {{std::chrono::sys_seconds(-10s), 1h}};
  files.write("Mill", text.bytes());
  zone const mill("Mill");
  CHECK(mill.offset_at(moment(-10s)) == 1h);
  CHECK(mill.offset_at(moment(-10s - 1ns)) == 0s);
  CHECK(mill.offset_at(moment(-9s - 1ns)) == 1h);
}

TEST_CASE("a zone that cannot be had is a sentence with the place where it was asked for") {
  scratch const files;
  zone_folder const here(files.path());
  std::string const missing = refusal([] { zone("Europe/Berln"); });
  CHECK(missing.starts_with("zone(\"Europe/Berln\") ("));
  CHECK(missing.find("zone.cpp:") != std::string::npos);
  CHECK(missing.ends_with("): there is no such zone in " + files.path() +
                          "; a zone has a name of the IANA database, such as Europe/Berlin"));
  CHECK(refusal([] {
          zone("../../etc/passwd");
        }).ends_with("): a zone has a name of the IANA database, such as Europe/Berlin"));
  CHECK(refusal([] { zone("a\x1b[2J"); }).starts_with("zone(\"a\\x1b[2J\") ("));
  files.write("Broken", "TZif2");
  CHECK(refusal([] { zone("Broken"); }).ends_with("): cannot use " + files.path("Broken") + ": it ends too early"));
}

TEST_CASE("all zones of the system: the first instant of a midnight is where the clocks reach it, from 1900 to 2200") {
  auto const zones = tables();
  if (zones.empty()) MESSAGE("skipped: the system has no zones in ", zones_of_system);
  for (auto const& [name, table] : zones) {
    CAPTURE(name);
    bool sound = true;
    auto before = (std::chrono::sys_seconds::min)();
    // Between changes no day is unlike others: those around each are looked at.
    for (auto const change : changes_of(table)) {
      std::chrono::local_days const day(std::chrono::floor<std::chrono::days>(change.time_since_epoch()));
      for (int i = -2; i != 4; ++i) {
        auto const midnight_shown = (day + std::chrono::days(i)).time_since_epoch();
        auto const first = table.first_at(std::chrono::local_seconds(midnight_shown));
        auto const shown = [&](std::chrono::sys_seconds at) { return (at + table.offset_at(at)).time_since_epoch(); };
        sound = sound && (i == -2 || first >= before) && shown(first) >= midnight_shown &&
                shown(first - 1s) < midnight_shown;
        before = first;
      }
    }
    CHECK(sound);
  }
}

TEST_CASE("all zones of the system say what Python's zoneinfo says") {
  auto const zones = tables();
  if (zones.empty() || ::system("python3 -c 'import zoneinfo' 2>/dev/null") != 0) {
    MESSAGE("skipped: this needs zones in ", zones_of_system, " and a python3 that has zoneinfo");
    return;
  }
  scratch const files;
  // Around each change, but for most of those that only repeat a rule, and at some other times.
  std::string questions;
  std::vector<std::string> answers;
  for (auto const& [name, table] : zones) {
    auto const ask = [&, &of = name, &in = table](std::chrono::sys_seconds at) {
      questions += of + " " + std::to_string(at.time_since_epoch().count()) + "\n";
      answers.push_back(std::to_string(in.offset_at(at).count()));
    };
    for (auto const change : changes_of(table)) {
      bool const repeats = change > std::chrono::sys_days(2030y / 1 / 1);
      if (repeats && std::chrono::floor<std::chrono::days>(change).time_since_epoch().count() % 11 != 0) continue;
      ask(change - 1s);
      ask(change);
    }
    for (auto at = from; at < to; at += 24h * 1999 + 5h) ask(at);
  }
  files.write("questions", questions);
  files.write("ask.py",
              "import sys, zoneinfo\n"
              "from datetime import datetime, timedelta, timezone\n"
              "zoneinfo.reset_tzpath([sys.argv[1]])\n"
              "origin = datetime(1970, 1, 1, tzinfo=timezone.utc)\n"
              "for line in open(sys.argv[2]):\n"
              "    name, at = line.split()\n"
              "    there = (origin + timedelta(seconds=int(at))).astimezone(zoneinfo.ZoneInfo(name))\n"
              "    print(int(there.utcoffset().total_seconds()))\n");
  std::string const command = "python3 " + files.path("ask.py") + " " + zones_of_system + " " + files.path("questions");
  FILE* const python = ::popen(command.c_str(), "r");
  REQUIRE(python != nullptr);
  std::string said;
  std::array<char, 4096> room;
  while (std::size_t const count = std::fread(room.data(), 1, room.size(), python)) said.append(room.data(), count);
  REQUIRE(::pclose(python) == 0);

  std::size_t wrong = 0;
  std::string first_wrong;
  std::string_view rest = said;
  std::string_view asked = questions;
  for (std::string const& answer : answers) {
    auto const by_python = rest.substr(0, rest.find('\n'));
    auto const question = asked.substr(0, asked.find('\n'));
    if (by_python != answer && ++wrong == 1)
      first_wrong = std::string(question) + ": " + answer + ", by Python " + std::string(by_python);
    rest.remove_prefix(std::min(rest.size(), by_python.size() + 1));
    asked.remove_prefix(question.size() + 1);
  }
  CAPTURE(first_wrong);
  CHECK(wrong == 0);
  CHECK(answers.size() > zones.size() * 54);
}
