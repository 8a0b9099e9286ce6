// SPDX-License-Identifier: BSL-1.0
// expect: leat: to::for_each(f): f must be callable with the record that the step before it produces
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include <string>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::output("out", leat::to::for_each([](std::string const&) {}));
}
