// SPDX-License-Identifier: BSL-1.0
// expect: leat: f emits something that cannot be made a record of the type given in <...> without a cast
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/flat_map.hpp>

#include <string>

int main() {
  leat::flow flow("misuse");
  auto stream =
      flow.input("in", leat::from::range(3)) | leat::flat_map<std::string>([](int i, auto emit) { emit(&i); });
  leat::stream sealed = stream;
}
