// SPDX-License-Identifier: BSL-1.0
// expect: leat: a step with windows: leat::counting(n) asks no clock, so there are no times that
// expect: leat::ordered could order values by: they are counted as they come
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time.hpp>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::collect_window("w", leat::counting(3), leat::ordered);
}
