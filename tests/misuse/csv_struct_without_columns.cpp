// SPDX-License-Identifier: BSL-1.0
// expect: leat: from::csv<Struct>(path, columns...): name one column at least
#include <leat/flow.hpp>
#include <leat/from/csv.hpp>

struct trade {
  double price = 0;
};

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::csv<trade>("trades.csv"));
}
