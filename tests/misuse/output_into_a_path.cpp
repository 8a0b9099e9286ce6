// SPDX-License-Identifier: BSL-1.0
// expect: leat: output(name, sink): this is no sink: give it one of leat::to, such as leat::to::lines(path)
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::output("out", "file.txt");
}
