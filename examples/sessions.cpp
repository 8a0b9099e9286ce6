// SPDX-License-Identifier: BSL-1.0
// The visits of a web server's visitors: hits of one address that are no further than half an hour apart.
//   sessions access.log access.log.1
// A hit that is older than what has been told already is told as late.
#include "access_log.hpp"

#include <leat/leat.hpp>
#include <leat/run/tcp.hpp>
#include <leat/time.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;

/// What is kept of a session while it lasts.
struct visit {
  int hits = 0;
  std::string first;  ///< the page where the visitor came in
  std::string last;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & hits & first & last;
  }
};

void add_hit(visit& of, hit&& next) {
  if (of.hits++ == 0) of.first = next.path;
  of.last = std::move(next.path);
}

/// `2015-05-17T10:05:00Z 192.0.2.7: 3 hits in 47s, /index.html to /about.html`
std::string line(std::pair<std::string, leat::in_window<visit>> const& each) {
  auto const& [visitor, session] = each;
  auto const lasted = std::chrono::duration_cast<std::chrono::seconds>(session.close - session.open);
  return leat::text(session.open) + " " + visitor + ": " + leat::text(session.value.hits) + " hits in " +
         leat::text(lasted) + ", " + session.value.first + " to " + session.value.last;
}

std::string late_line(leat::late<hit> const& missed) {
  std::string const when = missed.why == leat::late_reason::undated ? "no time" : leat::text(missed.at);
  return leat::text(missed.why) + ": " + when + " " + missed.value.visitor + " " + missed.value.path;
}

}  // namespace

leat::flow sessions(leat::command_line const& cli) {
  if (cli.rest().empty()) throw leat::usage_error("expected a log");
  leat::flow flow("sessions");
  auto [hits, late] = flow.input("log", leat::from::lines(cli.rest())) | leat::map("parse", hit_of) |
                      leat::event_time("dated", &hit::at, leat::late_by(1min));

  // By the time of the whole log: one by the visitor's own hits would end a session only when the visitor comes back.
  hits | leat::key_on("visitor", &hit::visitor) |
      leat::fold_window(
          "session", leat::stream_clock(&hit::at), leat::session(30min), [] { return visit(); }, add_hit) |
      leat::map("line", line) | leat::output("sessions", leat::to::out());
  late | leat::map("late line", late_line) | leat::output("late", leat::to::out());
  return flow;
}

int main(int argc, char** argv) { return leat::main(leat::command_line(argc, argv, "LOG..."), sessions); }
