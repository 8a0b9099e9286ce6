// SPDX-License-Identifier: BSL-1.0
// Numbers the occurrences of each line of a file, and goes on where it was killed: `resumed -r STORE IN OUT`.
#include <leat/leat.hpp>
#include <leat/run/recovery.hpp>
#include <leat/run/tcp.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>

leat::flow resumed(leat::command_line const& cli) {
  if (cli.rest().size() != 2) throw leat::usage_error("expected a file to read and one to write");
  leat::flow flow("resumed");
  flow.input("in", leat::from::lines(cli.rest().front())) | leat::map("slowly", [](std::string line) {
    std::this_thread::sleep_for(std::chrono::microseconds(10));
    return line;
  }) | leat::key_on("by line", [](std::string const& line) {
    return line;
  }) | leat::stateful_map("count", [](std::optional<int>& seen, std::string const& line) {
    seen = seen.value_or(0) + 1;
    return line + " " + std::to_string(*seen);
  }) | leat::map("text", [](std::pair<std::string, std::string> const& each) {
    return each.second;
  }) | leat::output("out", leat::to::lines(cli.rest().back()));
  return flow;
}

int main(int argc, char** argv) { return leat::main(leat::command_line(argc, argv, "IN OUT"), resumed); }
