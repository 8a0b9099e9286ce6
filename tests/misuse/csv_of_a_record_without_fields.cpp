// SPDX-License-Identifier: BSL-1.0
// expect: leat: to::csv(path, {names...}): the record is no tuple, pair or csv_row
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/to/csv.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::output("out", leat::to::csv("file.csv", {"a"}));
}
