// SPDX-License-Identifier: BSL-1.0
// expect: leat: stateful_map(name, f): f must take std::optional<State>& as its first parameter
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/stateful_map.hpp>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::stateful_map("sum", [](auto& sum, int x) { return *(sum = x); });
}
