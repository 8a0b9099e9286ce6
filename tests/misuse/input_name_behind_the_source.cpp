// SPDX-License-Identifier: BSL-1.0
// expect: leat: flow.input(name, source): the name is the first argument
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input(leat::from::range(3), "in") | leat::output("out", leat::to::out());
}
