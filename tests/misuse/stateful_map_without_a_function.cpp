// SPDX-License-Identifier: BSL-1.0
// expect: leat: a step that keeps state needs a function behind its name
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) | leat::stateful_map("sum") |
      leat::output("out", leat::to::out());
}
