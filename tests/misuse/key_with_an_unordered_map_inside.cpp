// SPDX-License-Identifier: BSL-1.0
// expect: leat: an unordered container cannot be a key, nor be inside one
#include <leat/from/iterable.hpp>
#include <leat/op/fused/kernel.hpp>
#include <leat/state/stateful_map.hpp>

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

int main() {
  using key = std::pair<int, std::optional<std::vector<std::unordered_map<int, int>>>>;
  leat::flow flow("f");
  flow.input("in", leat::from::iterable(std::vector<std::pair<key, int>>{})) |
      leat::stateful_map("sum", [](std::optional<int>& sum, int x) { return *(sum = x); });
}
