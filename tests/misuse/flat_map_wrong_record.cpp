// SPDX-License-Identifier: BSL-1.0
// expect: leat: flat_map(f): f must be callable with the record that the step before it produces, or with
// expect: the record and emit
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/flat_map.hpp>

#include <string>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::flat_map([](std::string const& s) { return s; });
}
