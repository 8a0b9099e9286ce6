// SPDX-License-Identifier: BSL-1.0
// expect: leat: flow.input(name, source): this is no source
#include <leat/flow.hpp>
#include <leat/from/source.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", 5) | leat::output("out", leat::to::out());
}
