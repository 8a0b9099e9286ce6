// SPDX-License-Identifier: BSL-1.0
// expect: leat: a step is a call, also without arguments: | key_rm(), not | key_rm
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/flatten.hpp>
#include <leat/op/map.hpp>

#include <vector>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int x) { return std::vector{x}; }) | leat::flatten;
}
