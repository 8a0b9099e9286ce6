// SPDX-License-Identifier: BSL-1.0
// expect: leat: step(name, f): the inlet that f takes is of another record than the step before it produces
#include <leat/flow.hpp>
#include <leat/from/generate.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/map.hpp>
#include <leat/op/step.hpp>

leat::task<> numbers(leat::emitter<int>& out) {
  out(1);
  co_return;
}

leat::task<> of_doubles(leat::inlet<double>& in, leat::outlet<double>& out) {
  while (auto batch = co_await in.next())
    for (double const d : *batch) out(d);
}

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::generate(numbers)) | leat::step("mine", of_doubles) |
      leat::map([](double d) { return d; });
}
