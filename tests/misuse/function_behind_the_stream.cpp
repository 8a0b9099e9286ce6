// SPDX-License-Identifier: BSL-1.0
// expect: leat: what stands behind the | is no step
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int x) { return x; }) | [](int) {};
}
