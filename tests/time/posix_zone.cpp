// SPDX-License-Identifier: BSL-1.0
#include <leat/text.hpp>
#include <leat/time/posix_zone.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using namespace std::chrono_literals;
using leat::detail::posix_zone;

/// The changes of one year, as `instant offset`, one behind the other.
std::string changes(std::string_view rule, int year) {
  std::string result;
  for (auto const& each : posix_zone(rule).changes(std::chrono::year(year), std::chrono::year(year)))
    result += leat::text(each.at) + " " + leat::text(each.offset) + " ";
  return result;
}

std::string refusal(std::string_view rule) {
  try {
    posix_zone const read(rule);
  } catch (std::runtime_error const& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a rule without summer time has an offset and no changes") {
  CHECK(posix_zone("JST-9").standard() == 9h);
  CHECK(posix_zone("<-0930>9:30").standard() == -(9h + 30min));
  CHECK(posix_zone("<+0545>-5:45:10").standard() == 5h + 45min + 10s);
  CHECK(changes("JST-9", 2026).empty());
}

TEST_CASE("weekdays of months") {
  CHECK(changes("CET-1CEST,M3.5.0,M10.5.0/3", 2026) == "2026-03-29T01:00:00Z 7200s 2026-10-25T01:00:00Z 3600s ");
  CHECK(changes("EST5EDT,M3.2.0,M11.1.0", 2026) == "2026-03-08T07:00:00Z -14400s 2026-11-01T06:00:00Z -18000s ");
}

TEST_CASE("the southern summer ends before it begins") {
  CHECK(changes("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026) ==
        "2026-04-04T15:00:00Z 37800s 2026-10-03T15:30:00Z 39600s ");
}

TEST_CASE("summer time may be the time that is behind") {
  CHECK(changes("IST-1GMT0,M10.5.0,M3.5.0/1", 2026) == "2026-03-29T01:00:00Z 3600s 2026-10-25T01:00:00Z 0s ");
}

TEST_CASE("hours of another day") {
  CHECK(changes("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026) == "2026-03-29T01:00:00Z -3600s 2026-10-25T01:00:00Z -7200s ");
  CHECK(changes("EET-2EEST,M3.4.4/50,M10.4.4/50", 2026) == "2026-03-28T00:00:00Z 10800s 2026-10-23T23:00:00Z 7200s ");
}

TEST_CASE("days of the year, with the leap day counted and not") {
  CHECK(changes("XXX0YYY,59,J60/1", 2024) == "2024-02-29T02:00:00Z 3600s 2024-03-01T00:00:00Z 0s ");
  CHECK(changes("XXX0YYY,58,J60/1", 2026) == "2026-02-28T02:00:00Z 3600s 2026-03-01T00:00:00Z 0s ");
  CHECK(changes("XXX0YYY,J59,J365/1", 2024) == "2024-02-28T02:00:00Z 3600s 2024-12-31T00:00:00Z 0s ");
}

TEST_CASE("summer time for the whole year, as RFC 8536 writes it, leaves no moment of standard time") {
  auto const found = posix_zone("EST5EDT,0/0,J365/25").changes(std::chrono::year(2025), std::chrono::year(2027));
  REQUIRE(found.size() == 6);
  for (std::size_t i = 1; i + 1 < found.size(); i += 2) {
    CHECK(found[i].at == found[i + 1].at);
    CHECK(found[i + 1].offset == -4h);
  }
}

TEST_CASE("what is no rule is refused and shown") {
  for (char const* const wrong : {"",
                                  "X",
                                  "XX1",
                                  "CET",
                                  "CET-",
                                  "CET-25",
                                  "CET-1:60",
                                  "<CET-1",
                                  "CET-1CEST",
                                  "CET-1CEST,",
                                  "CET-1CEST,M3.5.0",
                                  "CET-1CEST,M13.5.0,M10.5.0",
                                  "CET-1CEST,M3.6.0,M10.5.0",
                                  "CET-1CEST,M3.5.7,M10.5.0",
                                  "CET-1CEST,J0,J3",
                                  "CET-1CEST,366,1",
                                  "CET-1CEST,1/168,2",
                                  "CET-1CEST,1,2 ",
                                  "CET-1CEST,M3.5.0,M10.5.0/3/4",
                                  "CET-99999999999"}) {
    CAPTURE(wrong);
    CHECK(refusal(wrong) == "its rule for later years, \"" + std::string(wrong) + "\", is not one of POSIX");
  }
  CHECK(refusal("CET\x1b") == "its rule for later years, \"CET\\x1b\", is not one of POSIX");
}
