// SPDX-License-Identifier: BSL-1.0
// expect: leat: map_value(f) needs a keyed stream: use key_on(f) before it
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map_value.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map_value([](int i) { return i; });
}
