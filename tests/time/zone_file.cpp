// SPDX-License-Identifier: BSL-1.0
#include <leat/time/posix_zone.hpp>
#include <leat/time/zone_file.hpp>

#include <doctest/doctest.h>

#include "time/zone_files.hpp"

#include <sys/stat.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using leat::detail::find_zone;
using leat::detail::is_name_of_zone;
using leat::detail::read_zone;

std::chrono::sys_seconds const year_2000 = std::chrono::sys_days(2000y / 1 / 1);
std::chrono::local_days local(std::chrono::year_month_day date) { return std::chrono::local_days(date); }

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (std::runtime_error const& error) {
    return error.what();
  }
  return "";
}
std::string reason(std::string const& bytes) {
  return refusal([&] { read_zone(bytes); });
}

zone_text two_changes() {
  zone_text text;
  text.first = 1h;
  text.changes = {{year_2000, 2h}, {year_2000 + 24h * 100, 1h}};
  return text;
}

}  // namespace

TEST_CASE("the 64-bit block is read, in versions 2 to 4, and its last offset stays where there is no rule") {
  for (char const version : {'2', '3', '4'}) {
    zone_text text = two_changes();
    text.version = version;
    auto const zone = read_zone(text.bytes());
    CHECK(zone.offset_at(std::chrono::sys_seconds(-1s * (1LL << 40))) == 1h);
    CHECK(zone.offset_at(year_2000 - 1s) == 1h);
    CHECK(zone.offset_at(year_2000) == 2h);
    CHECK(zone.offset_at(year_2000 + 24h * 100 - 1s) == 2h);
    CHECK(zone.offset_at(year_2000 + 24h * 100) == 1h);
    CHECK(zone.offset_at(year_2000 + 24h * 365 * 200) == 1h);
  }
}

TEST_CASE("behind the last change the rule holds, for as long as there are moments") {
  zone_text text = two_changes();
  text.rule = "CET-1CEST,M3.5.0,M10.5.0/3";
  auto const zone = read_zone(text.bytes());
  CHECK(zone.offset_at(std::chrono::sys_days(2000y / 7 / 1)) == 2h);
  CHECK(zone.offset_at(std::chrono::sys_days(2000y / 12 / 1)) == 1h);
  CHECK(zone.offset_at(std::chrono::sys_days(2200y / 7 / 1)) == 2h);
  CHECK(zone.offset_at(std::chrono::sys_days(2262y / 1 / 1)) == 1h);
  // Before it the changes do, in which this summer had none.
  CHECK(zone.offset_at(std::chrono::sys_days(1999y / 7 / 1)) == 1h);
}

TEST_CASE("a rule alone holds for all time, and so does one behind a change that is older than all moments") {
  zone_text text;
  text.rule = "EST5EDT,M3.2.0,M11.1.0";
  for (bool const with_old_change : {false, true}) {
    if (with_old_change) text.changes = {{std::chrono::sys_seconds(-1s * (1LL << 59)), 3h}};
    auto const zone = read_zone(text.bytes());
    CHECK(zone.offset_at(std::chrono::sys_days(1700y / 1 / 1)) == -5h);
    CHECK(zone.offset_at(std::chrono::sys_days(1900y / 7 / 1)) == -4h);
    CHECK(zone.offset_at(std::chrono::sys_days(2026y / 7 / 1)) == -4h);
  }
}

TEST_CASE("the first instant of a local time that the clocks leap over is that of the leap") {
  zone_text text;
  auto const leap = std::chrono::sys_days(2020y / 6 / 1) + 12h;  // midnight at a place 12 h ahead
  text.first = 12h;
  text.changes = {{leap, 13h}};
  auto const zone = read_zone(text.bytes());
  CHECK(zone.first_at(local(2020y / 6 / 2) - 1s) == leap - 1s);
  CHECK(zone.first_at(local(2020y / 6 / 2)) == leap);
  CHECK(zone.first_at(local(2020y / 6 / 2) + 30min) == leap);
  CHECK(zone.first_at(local(2020y / 6 / 2) + 1h) == leap);
  CHECK(zone.first_at(local(2020y / 6 / 2) + 61min) == leap + 1min);
}

TEST_CASE("the first instant of a local time that is there twice is the earlier") {
  zone_text text;
  auto const midnight = std::chrono::sys_days(2020y / 6 / 2);
  text.first = 1h;
  text.changes = {{midnight - 30min, 0h}};  // from 00:30 to 23:30
  CHECK(read_zone(text.bytes()).first_at(local(2020y / 6 / 2)) == midnight - 1h);
  CHECK(read_zone(text.bytes()).first_at(local(2020y / 6 / 2) - 15min) == midnight - 75min);
  CHECK(read_zone(text.bytes()).first_at(local(2020y / 6 / 2) + 30min) == midnight + 30min);
  // From 00:00 to 23:00: midnight is there once, an hour later.
  text.changes = {{midnight - 1h, 0h}};
  CHECK(read_zone(text.bytes()).first_at(local(2020y / 6 / 2)) == midnight);
}

TEST_CASE("all times of a day that is left out are the instant behind it") {
  zone_text text;
  auto const leap = std::chrono::sys_days(2011y / 12 / 30) + 10h;
  text.first = -10h;
  text.changes = {{leap, 14h}};
  auto const zone = read_zone(text.bytes());
  CHECK(zone.first_at(local(2011y / 12 / 30)) == leap);
  CHECK(zone.first_at(local(2011y / 12 / 30) + 12h) == leap);
  CHECK(zone.first_at(local(2011y / 12 / 31)) == leap);
  CHECK(zone.first_at(local(2012y / 1 / 1)) == leap + 24h);
}

TEST_CASE("times at the ends of all numbers") {
  zone_text text;
  text.rule = "CET-1CEST,M3.5.0,M10.5.0/3";
  auto const zone = read_zone(text.bytes());
  CHECK(zone.offset_at((std::chrono::sys_seconds::min)()) == 1h);
  CHECK(zone.offset_at((std::chrono::sys_seconds::max)()) == 1h);
  CHECK(zone.first_at((std::chrono::local_seconds::min)()) < std::chrono::sys_days(std::chrono::year::min() / 1 / 1));
  CHECK(zone.first_at((std::chrono::local_seconds::max)()) > std::chrono::sys_days(std::chrono::year::max() / 1 / 1));
}

TEST_CASE("tables that say the same have the same hash") {
  zone_text text = two_changes();
  auto const hash = read_zone(text.bytes()).hash();
  text.changes.insert(text.changes.begin() + 1, {year_2000 + 24h, 2h});  // says nothing new
  CHECK(read_zone(text.bytes()).hash() == hash);
  text.changes[2].first += 1s;
  CHECK(read_zone(text.bytes()).hash() != hash);

  zone_text by_rule;
  by_rule.rule = "CET-1CEST,M3.5.0,M10.5.0/3";
  zone_text written_out = by_rule;
  for (auto const& each : leat::detail::posix_zone(by_rule.rule).changes(1676y, 2020y)) {
    if (each.at > std::chrono::sys_days(1676y / 1 / 1)) written_out.changes.push_back({each.at, each.offset});
  }
  written_out.first = 1h;
  CHECK(read_zone(written_out.bytes()).hash() == read_zone(by_rule.bytes()).hash());
}

TEST_CASE("bytes that are no zone file are refused with the reason") {
  CHECK(reason("") == "it is no zone file (TZif)");
  CHECK(reason("#!/bin/sh\n") == "it is no zone file (TZif)");
  CHECK(reason("TZif2") == "it ends too early");

  zone_text text = two_changes();
  std::string const sound = text.bytes();
  for (std::size_t size = 5; size != sound.size(); ++size) {
    CAPTURE(size);
    CHECK(reason(sound.substr(0, size)) != "");
  }
  text.version = '\0';
  CHECK(reason(text.bytes()) == "it is of version 1, which ends in 2037: install newer zone data (tzdata)");
  text.version = '5';
  CHECK(reason(text.bytes()) == "it is of a version that leat does not know");

  text = two_changes();
  text.leaps = 1;
  CHECK(reason(text.bytes()) == "it counts leap seconds, which no moment does: take the zone without \"right/\"");
  text = two_changes();
  text.rule = "CET-1CEST";
  CHECK(reason(text.bytes()) == "its rule for later years, \"CET-1CEST\", is not one of POSIX");
  text = two_changes();
  text.changes[1].first = text.changes[0].first;
  CHECK(reason(text.bytes()) == "it is damaged");
  text = two_changes();
  text.changes[1].second = 27h;
  CHECK(reason(text.bytes()) == "it is damaged");
  text = two_changes();
  text.changes[1].first = std::chrono::sys_seconds(1s * (1LL << 60));
  CHECK(reason(text.bytes()) == "it is damaged");
}

TEST_CASE("a file that says there is very much in it is refused before memory is asked for") {
  std::string bytes = two_changes().bytes();
  std::size_t const wide = bytes.rfind("TZif");
  for (std::size_t field = 0; field != 6; ++field) {
    CAPTURE(field);
    std::string hostile = bytes;
    hostile.replace(wide + 20 + field * 4, 4, "\xff\xff\xff\xff");
    CHECK(reason(hostile) != "");
    hostile = bytes;
    hostile.replace(20 + field * 4, 4, "\xff\xff\xff\xff");
    CHECK(reason(hostile) == "it ends too early");
  }
}

TEST_CASE("a name stays below the folder of zones") {
  for (char const* const good : {"Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+5", "UTC", "EST5EDT", "W-SU",
                                 "America/Port-au-Prince", "posix/Europe/Berlin"})
    CHECK(is_name_of_zone(good));
  for (std::string const& bad :
       {std::string(""), std::string("/etc/passwd"), std::string("../shadow"), std::string(".."),
        std::string("Europe/../../x"), std::string("Europe//Berlin"), std::string("Europe/"), std::string("./UTC"),
        std::string(".hidden"), std::string("Europe/.."), std::string("UTC\0", 4), std::string("a b"),
        std::string("a\nb"), std::string(256, 'a')}) {
    CAPTURE(bad);
    CHECK_FALSE(is_name_of_zone(bad));
    CHECK(refusal([&] { find_zone(bad); }) == "a zone has a name of the IANA database, such as Europe/Berlin");
  }
}

TEST_CASE("zones are found below TZDIR, and what cannot be used is named with its reason") {
  scratch const files;
  zone_folder const here(files.path());
  std::filesystem::create_directory(files.path("Mill"));
  files.write("Mill/Race", two_changes().bytes());
  CHECK(find_zone("Mill/Race").offset_at(year_2000) == 2h);

  auto const refused = [](std::string const& name) { return refusal([&] { find_zone(name); }); };
  CHECK(refused("Mill/Pond") ==
        "there is no such zone in " + files.path() + "; a zone has a name of the IANA database, such as Europe/Berlin");
  CHECK(refused("Mill") == "cannot use " + files.path("Mill") + ": it is a folder of zones");
  CHECK(refused("Mill/Race/Left") == "cannot use " + files.path("Mill/Race/Left") + ": Not a directory");
  files.write("Text", "not a zone");
  CHECK(refused("Text") == "cannot use " + files.path("Text") + ": it is no zone file (TZif)");
  files.write("Large", two_changes().bytes() + std::string(leat::detail::most_zone_bytes, 'x'));
  CHECK(refused("Large") == "cannot use " + files.path("Large") + ": it is too large for a zone file");
  REQUIRE(::mkfifo(files.path("Pipe").c_str(), 0600) == 0);
  CHECK(refused("Pipe") == "cannot use " + files.path("Pipe") + ": it is not a file");
}

TEST_CASE("a system without zone data is told of") {
  scratch const files;
  zone_folder const nowhere(files.path("none"));
  CHECK(refusal([] { find_zone("Europe/Berlin"); }) ==
        "this system has no zone data: there is no folder " + files.path("none") +
            "; install tzdata, or set TZDIR to the folder that has it; zone::utc() and zone::fixed need none");
}
