// SPDX-License-Identifier: BSL-1.0
// expect: leat: a step is a call, also without arguments: | key_rm(), not | key_rm
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/key_rm.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) | leat::key_rm;
}
