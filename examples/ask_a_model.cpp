// SPDX-License-Identifier: BSL-1.0
// Asks a model in another program about each record: a class of Python, which may be an actor of Ray. At most 16 records
// are under way at a time on each worker; the others do not wait for them.
// deploy/ray/examples/ask_a_model.py is the other program, and starts this one.
#include <leat/connect/bridge.hpp>
#include <leat/leat.hpp>
#include <leat/run/tcp.hpp>

#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

struct reading {
  std::string metric;
  double value = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & metric & value;
  }
};

/// What the model says of a reading; nothing where it has no opinion.
using opinion = std::optional<double>;

unsigned number(std::string const& text) {
  unsigned value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0)
    throw leat::usage_error("\"" + text + "\" is no number above zero");
  return value;
}

leat::flow ask_a_model(leat::command_line const& cli) {
  std::vector<std::string> const& arguments = cli.rest();
  if (arguments.size() > 2) throw leat::usage_error("expected READINGS and TRIES, and nothing more");
  int const readings = arguments.empty() ? 20 : static_cast<int>(number(arguments[0]));
  leat::call_options options;
  options.within = 10s;
  options.tries = arguments.size() < 2 ? 1 : number(arguments[1]);

  leat::bridge const python;
  leat::flow flow("ask_a_model");
  flow.input("numbers", leat::from::range(readings)) | leat::redistribute("to all") |
      leat::map("reading", [](int i) { return reading{i % 2 == 0 ? "disk" : "load", i / 10.0}; }) |
      leat::async_map(
          "ask",
          [score = python.function<opinion(reading)>("score", options)](
              reading const& asked) -> leat::task<std::pair<reading, leat::outcome<opinion>>> {
            try {
              opinion const said = co_await score(asked);
              co_return std::pair(asked, leat::outcome<opinion>(said));
            } catch (leat::call_error const& failure) {
              co_return std::pair(asked, leat::outcome<opinion>::failed(failure.what()));
            }
          },
          leat::in_flight(16)) |
      leat::map("show",
                [](std::pair<reading, leat::outcome<opinion>> const& answered) {
                  auto const& [asked, said] = answered;
                  std::string const text = !said         ? "failed: " + said.error
                                           : *said.value ? leat::text(**said.value)
                                                         : std::string("no opinion");
                  return asked.metric + " " + leat::text(asked.value) + ": " + text;
                }) |
      leat::output("out", leat::to::out());
  return flow;
}

}  // namespace

int main(int argc, char** argv) {
  return leat::main(leat::command_line(argc, argv, "[READINGS [TRIES]]"), ask_a_model);
}
