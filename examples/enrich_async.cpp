// SPDX-License-Identifier: BSL-1.0
// Looking something up for each record without making the others wait: at most 16 look-ups are under way at a time,
// each has a second, and what fails or takes too long becomes a record that says so.
#include <leat/leat.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// Stands in for a client of a database or of a service.
leat::task<std::string> country_of(std::string address) {
  if (address == "203.0.113.9") throw std::runtime_error("no such network");
  co_await leat::sleep(address == "198.51.100.7" ? 60s : 5ms);
  co_return address.starts_with("192.") ? "NL" : "DE";
}

leat::task<std::string> enrich(std::string address) {
  std::string country = co_await country_of(address);
  co_return address + " is in " + country;
}

}  // namespace

leat::flow enriched_addresses() {
  std::vector<std::string> const addresses{"192.0.2.1", "198.51.100.7", "192.0.2.77", "203.0.113.9", "198.18.0.4"};

  leat::flow flow("enrich_async");
  flow.input("addresses", leat::from::iterable(addresses)) |
      leat::async_map("look up", enrich, leat::in_flight(16), leat::ordered, leat::within(1s), leat::as_outcome) |
      leat::map("show",
                [](leat::outcome<std::string> const& found) {
                  return found.value ? *found.value : "not found: " + found.error;
                }) |
      leat::output("out", leat::to::out());
  return flow;
}

int main(int argc, char** argv) { return leat::main(argc, argv, enriched_addresses); }
