// SPDX-License-Identifier: BSL-1.0
// expect: leat: compose(name, f): an operator of your own needs a name, as its first argument
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/compose.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>

int main() {
  leat::flow flow("misuse");
  leat::stream a = flow.input("a", leat::from::range(3));
  leat::stream b = flow.input("b", leat::from::range(3));
  leat::compose([](auto x, auto y) { return leat::merge("both", x, y); }, a, b) |
      leat::map([](auto x) { return x + 1; });
}
