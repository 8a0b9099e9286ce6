// SPDX-License-Identifier: BSL-1.0
// expect: leat: a step that keeps state needs a name
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/reduce_final.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x % 2; }) | leat::max_final() |
      leat::output("out", leat::to::out());
}
