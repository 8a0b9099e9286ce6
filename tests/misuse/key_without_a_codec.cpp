// SPDX-License-Identifier: BSL-1.0
// expect: leat: the key has no codec
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/stateful_map.hpp>

struct account {
  int* number;
  bool operator==(account const&) const = default;
};

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int) { return account{nullptr}; }) |
      leat::stateful_map("sum", [](std::optional<int>& sum, int x) { return *(sum = x); });
}
