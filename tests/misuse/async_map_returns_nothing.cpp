// SPDX-License-Identifier: BSL-1.0
// expect: leat: async_map(f): f must be a coroutine that returns leat::task<U>, U being the new record; an f that
// expect: returns at once belongs in map
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
      leat::async_map(
          "mine", [](int) -> leat::task<> { co_return; }, leat::unordered) |
      leat::map([](int i) { return i; });
}
