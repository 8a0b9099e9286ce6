// SPDX-License-Identifier: BSL-1.0
// expect: leat: out(x): x may lose its fraction or its higher bits when it becomes a record of this type
// fewer lines than: 12
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/stateful.hpp>

struct mean : leat::stateful_logic<int, int, int> {
  leat::retention on_item(int value, leat::logic_results<int>& out) const {
    out(value / 2.0);
    return leat::retention::retain;
  }
  int snapshot() const { return 0; }
};

int main() {
  leat::flow flow("misuse");
  leat::stream means = flow.input("in", leat::from::range(3)) | leat::key_on([](int i) { return i; }) |
                       leat::stateful("mean", [](std::optional<int>) { return mean(); });
}
