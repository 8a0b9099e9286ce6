// SPDX-License-Identifier: BSL-1.0
// expect: leat: from::generate(f): f must take a leat::emitter<T>&, with the type of the records spelled out: a
// expect: generic lambda does not say what it emits
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
  flow.input("in", leat::from::generate([](auto& out) -> leat::task<> {
               out(1);
               co_return;
             })) |
      leat::map([](int i) { return i; });
}
