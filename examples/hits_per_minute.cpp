// SPDX-License-Identifier: BSL-1.0
// How many requests a web server was asked in each minute, by status, and the busiest hour of each day of a place:
//   hits_per_minute Europe/Berlin access.log access.log.1
// Files are read at once, each in its own order. With - in the place of a file it goes on as long as hits come:
//   tail -f access.log | hits_per_minute Europe/Berlin -
#include "access_log.hpp"

#include <leat/leat.hpp>
#include <leat/run/tcp.hpp>
#include <leat/time.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using hits = leat::in_window<std::uint64_t>;  // how many there were in a window

/// `2015-05-17 12:05`, as clocks of the place show it.
std::string shown(leat::zone const& place, leat::moment at) {
  std::string text = place.text(at);
  text[10] = ' ';
  return text.substr(0, 16);
}

/// A window that the end of the input has cut short has not seen everything.
std::string so_far(leat::window_reason why) { return why == leat::window_reason::at_end ? " so far" : ""; }

/// `2015-05-17 12:05 404: 3`
auto minute_line(leat::zone const& place) {
  return [place](std::pair<int, hits> const& each) {
    auto const& [status, minute] = each;
    return shown(place, minute.open) + " " + leat::text(status) + ": " + leat::text(minute.value) + so_far(minute.why);
  };
}

/// `2015-05-17 is busiest from 22:00 to 23:00: 129`
auto day_line(leat::zone const& place) {
  return [place](std::pair<std::string, leat::in_window<hits>> const& each) {
    hits const& hour = each.second.value;
    std::string const begins = shown(place, hour.open);
    return begins.substr(0, 10) + " is busiest from " + begins.substr(11) + " to " +
           shown(place, hour.close).substr(11) + ": " + leat::text(hour.value) + so_far(each.second.why);
  };
}

std::string all(hit const&) { return "all"; }

}  // namespace

leat::flow hits_per_minute(leat::command_line const& cli) {
  std::vector<std::string> files = cli.rest();
  if (files.size() < 2) throw leat::usage_error("expected a time zone and a log");
  leat::zone const place(files.front());
  files.erase(files.begin());

  leat::flow flow("hits_per_minute");
  // A server dates a line by when it was asked, and writes it once it has answered: lines are a little out of order.
  leat::stream log = flow.input("log", leat::from::lines(files)) | leat::map("parse", hit_of) |
                     leat::event_time("dated", &hit::at, leat::late_by(1min), leat::keep_together(1h));

  log | leat::count_window("per minute", leat::stream_clock(&hit::at), leat::tumbling(1min), &hit::status) |
      leat::map("minute", minute_line(place)) | leat::output("minutes", leat::to::out());

  // What a window gives has a time in it, so windows can stand behind windows.
  log | leat::count_window("per hour", leat::stream_clock(&hit::at), leat::tumbling(1h), all) |
      leat::max_window("busiest", leat::stream_clock(&hits::at), leat::calendar::days(1, place), &hits::value) |
      leat::map("day", day_line(place)) | leat::output("days", leat::to::out());
  return flow;
}

int main(int argc, char** argv) { return leat::main(leat::command_line(argc, argv, "ZONE LOG..."), hits_per_minute); }
