// SPDX-License-Identifier: BSL-1.0
// expect: leat: map(f): f returns something to be awaited; use async_map, which awaits it
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
  flow.input("in", leat::from::generate(numbers)) | leat::map([](int i) -> leat::task<int> { co_return i; }) |
      leat::map([](int i) { return i; });
}
