// SPDX-License-Identifier: BSL-1.0
// expect: leat: to::csv(path, columns...): the columns are members of another struct
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/to/csv.hpp>
#include <leat/to/output.hpp>

struct trade {
  double price = 0;
};

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) |
      leat::output("out", leat::to::csv("file.csv", leat::column("price", &trade::price)));
}
