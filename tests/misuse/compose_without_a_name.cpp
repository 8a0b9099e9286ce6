// SPDX-License-Identifier: BSL-1.0
// expect: leat: compose(name, f): an operator of your own needs a name, as its first argument
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/compose.hpp>
#include <leat/op/map.hpp>

#include <utility>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) |
      leat::compose([](auto numbers) { return std::move(numbers) | leat::map([](auto x) { return x + 1; }); }) |
      leat::map([](auto x) { return x + 1; });
}
