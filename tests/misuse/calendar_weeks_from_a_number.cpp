// SPDX-License-Identifier: BSL-1.0
// expect: leat: calendar::weeks(zone, first) is given the day that weeks begin with, such as std::chrono::Sunday
#include <leat/time/calendar.hpp>

int main() { return leat::calendar::weeks(leat::zone::utc(), 0).refusal().empty() ? 0 : 1; }
