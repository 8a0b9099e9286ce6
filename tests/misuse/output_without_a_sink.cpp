// SPDX-License-Identifier: BSL-1.0
// expect: leat: output(name, sink): an output needs a sink behind its name
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::output("out");
}
