// SPDX-License-Identifier: BSL-1.0
// A program that a strict project compiles: no warning is leat's, whatever is switched on, and whatever is a macro.
#include <leat/connect/bridge.hpp>
#include <leat/leat.hpp>
#include <leat/testing.hpp>
#ifndef WITHOUT_ASIO
#include <leat/run/tcp.hpp>
#include <leat/run/tls.hpp>
#endif

#include <string>
#include <utility>
#include <vector>

struct trade {
  std::string symbol;
  double price = 0;
  bool large = false;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & symbol & price & large;
  }
};

// g++ 12 warns of a null pointer of its own in every coroutine.
#pragma GCC diagnostic ignored "-Wzero-as-null-pointer-constant"
leat::task<double> looked_up(double price) { co_return price; }
#pragma GCC diagnostic warning "-Wzero-as-null-pointer-constant"

leat::task<double> judged(leat::bridge const& python, trade const& of) {
  return python.function<double(trade)>("judge")(of);
}

leat::flow trades() {
  leat::flow flow("trades");
  auto in = flow.input("in", leat::from::iterable(std::vector<trade>{{"a", 1, true}, {"b", 2, false}}));
  leat::stream priced =
      in | leat::filter(&trade::large) | leat::key_on(&trade::symbol) | leat::map_value(&trade::price);
  priced | leat::max_final("max") | leat::output("max out", leat::to::out());
  priced | leat::stateful_map("sum", [](std::optional<double>& sum, double price) {
    sum = sum.value_or(0) + price;
    return *sum;
  }) | leat::output("sum out", leat::to::lines("sums"));
  leat::join("both", leat::join_insert::product, leat::join_emit::running, priced, priced) | leat::inspect();

  auto [odd, even] = flow.input("numbers", leat::from::range(100)) | leat::branch([](int n) { return n % 2 == 1; });
  odd | leat::redistribute() | leat::map([](int n) { return n + 1.5; }) | leat::async_map(looked_up) |
      leat::output("odd", leat::to::out());
  even | leat::filter([](int n) { return n > 5; }) | leat::count_final("count", [](int n) { return n % 10; }) |
      leat::output("even", leat::to::out());
  flow.input("lines", leat::from::lines("some")) |
      leat::flat_map<std::string>([](std::string const& line, auto& send) { send(line); }) | leat::raises();
  return flow;
}

int main(int argc, char** argv) { return leat::main(argc, argv, trades); }
