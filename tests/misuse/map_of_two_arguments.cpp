// SPDX-License-Identifier: BSL-1.0
// expect: leat: map(f): f must be callable with the record that the step before it produces, as one argument: T, T
// const& or T&&
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int x) { return std::pair(x, x); }) |
      leat::map([](int key, int value) { return key + value; });
}
