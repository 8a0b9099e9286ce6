// SPDX-License-Identifier: BSL-1.0
// expect: leat: flatten(): the records of the step before it must be ranges
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/flatten.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::flatten();
}
