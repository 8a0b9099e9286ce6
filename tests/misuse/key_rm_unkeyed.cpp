// SPDX-License-Identifier: BSL-1.0
// expect: leat: key_rm() needs a keyed stream: there is no key to take away
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_rm.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::key_rm();
}
