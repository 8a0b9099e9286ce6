// SPDX-License-Identifier: BSL-1.0
// expect: leat: f returns a view of what another owns
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/stateful_map.hpp>

#include <optional>
#include <span>
#include <vector>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::stateful_map("all", [](std::optional<std::vector<int>>& numbers, int) {
        numbers.emplace();
        return std::span<int const>(*numbers);
      });
}
