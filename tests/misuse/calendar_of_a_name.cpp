// SPDX-License-Identifier: BSL-1.0
// expect: leat: a calendar is that of a zone, such as leat::zone("Europe/Berlin"), or of a type that has
// expect: offset_at(moment) and first_at(local_time)
#include <leat/time/calendar.hpp>

int main() {
  return static_cast<int>(leat::calendar::days(1, "Europe/Berlin").bounds(0).open.time_since_epoch().count());
}
