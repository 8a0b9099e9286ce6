// SPDX-License-Identifier: BSL-1.0
// expect: leat: a step that keeps state needs a name
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time.hpp>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::fold_window(leat::counting(2), [] { return 0; }, [](int a, int b) { return a + b; });
}
