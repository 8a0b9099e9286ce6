// SPDX-License-Identifier: BSL-1.0
// expect: leat: fold_final(name, builder, folder): folder(accumulator, value)
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/fold_final.hpp>

#include <string>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::fold_final("all", [] { return std::string(); }, [](int a, int b) { return a + b; });
}
