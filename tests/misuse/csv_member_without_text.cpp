// SPDX-License-Identifier: BSL-1.0
// expect: leat: to::csv(path, columns...): a member has no text
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/to/csv.hpp>
#include <leat/to/output.hpp>

struct price {
  int cents = 0;
};
struct trade {
  price of;
};

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int) { return trade(); }) |
      leat::output("out", leat::to::csv("file.csv", leat::column("price", &trade::of)));
}
