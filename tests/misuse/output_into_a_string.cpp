// SPDX-License-Identifier: BSL-1.0
// expect: leat: output(name, sink): this is no sink
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/to/output.hpp>

#include <string>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::output("out", std::string("file.txt"));
}
