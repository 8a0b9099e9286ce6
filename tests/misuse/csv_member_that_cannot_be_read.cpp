// SPDX-License-Identifier: BSL-1.0
// expect: leat: from::csv<Struct>(path, columns...): a member cannot be read from a field
#include <leat/flow.hpp>
#include <leat/from/csv.hpp>

struct price {
  int cents = 0;
};
struct trade {
  price of;
};

int main() {
  leat::flow flow("misuse");
  static_cast<void>(flow.input("in", leat::from::csv<trade>("trades.csv", leat::column("price", &trade::of))));
}
