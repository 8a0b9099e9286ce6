// SPDX-License-Identifier: BSL-1.0
// expect: leat: async_map(f): f must be callable with the record that the step before it produces
#include <leat/flow.hpp>
#include <leat/from/generate.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/map.hpp>
#include <leat/op/step.hpp>

leat::task<> numbers(leat::emitter<int>& out) {
  out(1);
  co_return;
}

struct other {};

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::generate(numbers)) |
      leat::async_map("mine", [](other o) -> leat::task<other> { co_return o; }) | leat::map([](int i) { return i; });
}
