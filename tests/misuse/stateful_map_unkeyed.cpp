// SPDX-License-Identifier: BSL-1.0
// expect: leat: this step keeps state by key, so it needs a keyed stream
#include <leat/from/range.hpp>
#include <leat/state/stateful_map.hpp>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) |
      leat::stateful_map("sum", [](std::optional<int>& sum, int x) { return *(sum = sum.value_or(0) + x); });
}
