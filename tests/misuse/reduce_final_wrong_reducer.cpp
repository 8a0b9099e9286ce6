// SPDX-License-Identifier: BSL-1.0
// expect: leat: reduce_final(name, reducer): reducer(value, value)
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/reduce_final.hpp>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::reduce_final("all", [](int a) { return a; });
}
