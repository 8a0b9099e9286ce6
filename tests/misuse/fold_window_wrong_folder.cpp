// SPDX-License-Identifier: BSL-1.0
// expect: leat: fold_window(name, clock, windower, builder, folder): folder(accumulator, value)
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time.hpp>

#include <string>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::fold_window("w", leat::counting(2), [] { return std::string(); }, [](int a, int b) { return a + b; });
}
