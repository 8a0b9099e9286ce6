// SPDX-License-Identifier: BSL-1.0
// expect: leat: output(name, sink): the sink does not take the record that the step before it produces
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include <string>
#include <vector>

int main() {
  leat::flow flow("misuse");
  std::vector<std::string> got;
  flow.input("in", leat::from::range(3)) | leat::output("out", leat::to::collect(got));
}
