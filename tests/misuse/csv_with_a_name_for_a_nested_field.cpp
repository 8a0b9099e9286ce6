// SPDX-License-Identifier: BSL-1.0
// expect: leat: to::csv(path, {names...}): there are more names than the record has fields, or fewer:
// expect: each field needs a name. A nested pair or tuple is one field
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/to/csv.hpp>
#include <leat/to/output.hpp>

#include <utility>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int x) { return std::pair(x, std::pair(x, x)); }) |
      leat::output("out", leat::to::csv("file.csv", {"key", "a", "b"}));
}
