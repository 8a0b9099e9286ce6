// SPDX-License-Identifier: BSL-1.0
// expect: leat: reduce_window(name, clock, windower, reducer): reducer(value, value)
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time.hpp>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::reduce_window("w", leat::counting(2), [](int a) { return a; });
}
