// SPDX-License-Identifier: BSL-1.0
// expect: leat: join(name, sides...): a join needs a name
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/join.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  leat::stream keyed = flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x % 2; });
  leat::join(leat::join_emit::final, keyed, keyed) | leat::output("out", leat::to::out());
}
