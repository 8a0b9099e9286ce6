// SPDX-License-Identifier: BSL-1.0
// expect: leat: stateful(name, builder): builder(std::optional<State>) must return
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/stateful.hpp>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::stateful("sum", [](std::optional<int> sum) { return sum.value_or(0); });
}
