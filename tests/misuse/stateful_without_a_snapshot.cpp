// SPDX-License-Identifier: BSL-1.0
// expect: leat: stateful(name, builder): the logic needs State snapshot() const
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/stateful.hpp>

#include <optional>

struct running_sum : leat::stateful_logic<int, int, int> {
  leat::retention on_item(int x, leat::logic_results<int>& out) {
    out(sum += x);
    return leat::retention::retain;
  }
  int sum = 0;
};

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::stateful("sum", [](std::optional<int> sum) { return running_sum{{}, sum.value_or(0)}; });
}
