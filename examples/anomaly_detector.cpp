// SPDX-License-Identifier: BSL-1.0
// Finds values that stand out from the ten before them, per metric. Without arguments over two random metrics; with
// --csv FILE... over recorded ones (columns timestamp and value); with --proc over this machine's own, until stopped.
// With -r DIR it goes on from the values that it had seen.
#include <leat/leat.hpp>
#include <leat/run/tcp.hpp>
#ifdef WITH_RECOVERY  // set by examples/meson.build, where SQLite 3 is there
#include <leat/run/recovery.hpp>
#endif

#include <chrono>
#include <cmath>
#include <cstdio>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using reading = std::pair<std::string, double>;

/// The last ten values of a metric, the newest first, their mean and their (population) standard deviation. The sums
/// are divided, as Bytewax's example does it, so that a value just at the limit is judged alike.
struct window_of_ten {
  std::deque<double> last;
  double mu = 0;
  double sigma = 0;

  bool unusual(double value) const {
    return !last.empty() && mu != 0 && sigma != 0 && std::abs(value - mu) / sigma > 2.0;
  }

  void push(double value) {
    last.push_front(value);
    if (last.size() > 10) last.pop_back();
    double const count = static_cast<double>(last.size());
    double sum = 0;
    for (double x : last) sum += x;
    mu = sum / count;
    double squares = 0;
    for (double x : last) squares += (x - mu) * (x - mu);
    sigma = std::pow(squares / count, 0.5);
  }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & last & mu & sigma;
  }
};

struct labelled {
  labelled() = default;
  labelled(double of, window_of_ten const& now, bool odd) : value(of), mu(now.mu), sigma(now.sigma), anomalous(odd) {}

  double value = 0;
  double mu = 0;
  double sigma = 0;
  bool anomalous = false;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & value & mu & sigma & anomalous;
  }
};

labelled detect(std::optional<window_of_ten>& state, double value) {
  if (!state) state.emplace();
  bool const odd = state->unusual(value);
  state->push(value);
  return {value, *state, odd};
}

std::string line(std::pair<std::string, labelled> const& entry) {
  auto const& [metric, seen] = entry;
  char numbers[128];
  std::snprintf(numbers, sizeof numbers, ", mu = %.2f, sigma = %.2f, ", seen.mu, seen.sigma);
  return metric + ": value = " + leat::text(seen.value) + numbers + (seen.anomalous ? "True" : "False");
}

leat::stream<reading> random_readings(leat::flow& flow) {
  leat::stream v = flow.input("inp_v", leat::from::random_metric("v", 20ms, 40));
  leat::stream hz = flow.input("inp_hz", leat::from::random_metric("hz", 20ms, 40));
  return leat::merge("merge", v, hz) | leat::redistribute("distribute") | leat::inspect_debug("dist");
}

leat::stream<reading> recorded_readings(leat::flow& flow, std::vector<std::string> const& files) {
  return flow.input("files", leat::from::csv(files).with_name()) |
         leat::map("value", [](std::pair<std::string, leat::csv_row> const& row) {
           auto const& [file, columns] = row;
           return reading(file.substr(0, file.rfind(".csv")), columns.get<double>("value"));
         });
}

/// What the kernel says of processor, memory and network at this moment.
std::vector<reading> machine_readings() {
  std::vector<reading> found;
  auto look = [&](char const* file, char const* format, char const* name) {
    std::FILE* const in = std::fopen(file, "r");
    if (in == nullptr) return;
    char text[512];
    double value = 0;
    double total = 0;
    while (std::fgets(text, sizeof text, in) != nullptr)
      if (std::sscanf(text, format, &value) == 1) total += value;
    std::fclose(in);
    found.emplace_back(name, total);
  };
  look("/proc/loadavg", "%lf", "load");
  look("/proc/stat", "cpu %lf", "cpu_user_ticks");
  look("/proc/meminfo", "MemAvailable: %lf", "memory_available_kib");
  look("/proc/net/dev", "%*[^:]: %lf", "network_received_bytes");
  return found;
}

leat::stream<reading> live_readings(leat::flow& flow) {
  return flow.input("proc", leat::from::poll(500ms, machine_readings)) | leat::flatten("each");
}

leat::flow anomaly_detector(leat::command_line const& cli) {
  std::vector<std::string> const& arguments = cli.rest();
  bool const recorded = arguments.size() > 1 && arguments.front() == "--csv";
  bool const live = arguments.size() == 1 && arguments.front() == "--proc";
  if (!arguments.empty() && !recorded && !live)
    throw leat::usage_error("expected --csv FILE... or --proc, not \"" + arguments.front() + "\"");

  leat::flow flow("anomaly_detector");
  leat::stream<reading> readings = recorded ? recorded_readings(flow, {arguments.begin() + 1, arguments.end()})
                                   : live   ? live_readings(flow)
                                            : random_readings(flow);
  readings | leat::stateful_map("detector", detect) | leat::map("format", line) | leat::output("out", leat::to::out());
  return flow;
}

}  // namespace

int main(int argc, char** argv) {
  return leat::main(leat::command_line(argc, argv, "[--csv FILE... | --proc]"), anomaly_detector);
}
