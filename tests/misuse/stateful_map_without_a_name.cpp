// SPDX-License-Identifier: BSL-1.0
// expect: leat: a step that keeps state needs a name
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/stateful_map.hpp>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::stateful_map([](std::optional<int>& sum, int x) { return *(sum = sum.value_or(0) + x); });
}
