// SPDX-License-Identifier: BSL-1.0
// expect: leat: the record has no codec
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/state/collect.hpp>

#include <memory>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) |
      leat::map([](int x) { return std::pair<int, std::shared_ptr<int>>(x, nullptr); }) |
      leat::collect("all", leat::max_age(std::chrono::seconds(1)), 3);
}
