// SPDX-License-Identifier: BSL-1.0
// expect: leat: an unordered container cannot be a key, nor be inside one
// fewer lines than: 60
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/stateful_map.hpp>

#include <optional>
#include <unordered_set>

struct basket {
  int owner = 0;
  std::unordered_set<int> goods;
  bool operator==(basket const&) const = default;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & owner & goods;
  }
};

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return basket{x, {}}; }) |
      leat::stateful_map("sum", [](std::optional<int>& sum, int x) { return *(sum = x); });
}
