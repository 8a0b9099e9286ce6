// SPDX-License-Identifier: BSL-1.0
// expect: leat: stateful_flat_map(name, f): f must return a range of results
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/stateful_flat_map.hpp>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::stateful_flat_map("sum", [](std::optional<int>& sum, int x) { return *(sum = x); });
}
