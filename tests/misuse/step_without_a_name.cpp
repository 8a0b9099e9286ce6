// SPDX-License-Identifier: BSL-1.0
// expect: leat: step(name, f): a step of your own needs a name, as its first argument
#include <leat/flow.hpp>
#include <leat/from/generate.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/map.hpp>
#include <leat/op/step.hpp>

leat::task<> numbers(leat::emitter<int>& out) {
  out(1);
  co_return;
}

leat::task<> pass(leat::inlet<int>& in, leat::outlet<int>& out) {
  while (auto batch = co_await in.next())
    for (int const i : *batch) out(i);
}

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::generate(numbers)) | leat::step(pass) | leat::map([](int i) { return i; });
}
