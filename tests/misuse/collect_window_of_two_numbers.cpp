// SPDX-License-Identifier: BSL-1.0
// expect: leat: a step with windows: what stands behind the name is no clock for these values
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time.hpp>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) | leat::collect_window("w", 60, 60);
}
