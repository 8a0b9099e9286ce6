// SPDX-License-Identifier: BSL-1.0
// expect: leat: min_final(name, f): what is to be compared has no <
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/reduce_final.hpp>

#include <optional>

struct empty {};

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x % 2; }) |
      leat::min_final("min", [](int) { return std::optional<empty>(); });
}
