// SPDX-License-Identifier: BSL-1.0
// expect: leat: step(name, f): f must take a leat::inlet<T>& and a leat::outlet<U>&, with the types of the
// expect: records spelled out: a generic lambda does not say what it emits
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
  flow.input("in", leat::from::generate(numbers)) | leat::step("mine", [](auto& in, auto& out) -> leat::task<> {
    while (auto batch = co_await in.next())
      for (int const i : *batch) out(i);
  }) | leat::map([](int i) { return i; });
}
