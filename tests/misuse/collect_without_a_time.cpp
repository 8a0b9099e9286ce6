// SPDX-License-Identifier: BSL-1.0
// expect: leat: collect(name, time, most): behind the name stand leat::inactive_for(time)
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/collect.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) | leat::collect("some", 5) |
      leat::output("out", leat::to::out());
}
