// SPDX-License-Identifier: BSL-1.0
// expect: leat: stateful_map(name, f): f must be callable with (std::optional<State>&, value) and return the result, or
// expect: take and return the state: a pair of std::optional<State> and result
#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/state/stateful_map.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::iterable(std::vector<std::pair<std::string, int>>{})) |
      leat::stateful_map("sum", [](std::optional<int> sum, int value) { return *(sum = sum.value_or(0) + value); });
}
