// SPDX-License-Identifier: BSL-1.0
// expect: leat: key_on(f): f must return a key: a type that can be copied and compared with ==
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>

#include <memory>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int i) { return std::make_unique<int>(i); });
}
