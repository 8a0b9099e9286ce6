// SPDX-License-Identifier: BSL-1.0
// expect: leat: or_else(step): only steps that call a function for each record can be inside or_else: map, filter,
// expect: flat_map and their _value forms, key_on, stateful_map, stateful_flat_map
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/or_else.hpp>
#include <leat/state/or_else.hpp>
#include <leat/state/stateful.hpp>

#include <optional>

struct counting : leat::stateful_logic<int, int, int> {
  leat::retention on_item(int, leat::logic_results<int>&) { return leat::retention::retain; }
  int snapshot() const { return 0; }
};

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int number) { return number % 2; }) |
      leat::or_else(leat::stateful("count", [](std::optional<int>) { return counting(); }));
}
