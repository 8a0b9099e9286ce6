// SPDX-License-Identifier: BSL-1.0
// expect: leat: flow.input(name, source): an input needs a name
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input(leat::from::range(3)) | leat::map([](int x) { return x; }) | leat::output("out", leat::to::out());
}
