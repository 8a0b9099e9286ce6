// SPDX-License-Identifier: BSL-1.0
// expect: leat: flow.input(name, source): an input needs a source behind its name
#include <leat/flow.hpp>
#include <leat/from/source.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in") | leat::output("out", leat::to::out());
}
