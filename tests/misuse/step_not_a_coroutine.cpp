// SPDX-License-Identifier: BSL-1.0
// expect: leat: step(name, f): f must be a coroutine that returns leat::task<>
#include <leat/flow.hpp>
#include <leat/from/generate.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/map.hpp>
#include <leat/op/step.hpp>

leat::task<> numbers(leat::emitter<int>& out) {
  out(1);
  co_return;
}

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::generate(numbers)) |
      leat::step("mine", [](leat::inlet<int>&, leat::outlet<int>& out) { out(1); }) |
      leat::map([](int i) { return i; });
}
