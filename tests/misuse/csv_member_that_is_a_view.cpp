// SPDX-License-Identifier: BSL-1.0
// expect: leat: leat::column(name, &S::member): a std::string_view would show the text of a later row
#include <leat/flow.hpp>
#include <leat/from/csv.hpp>

#include <string_view>

struct trade {
  std::string_view symbol;
};

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::csv<trade>("trades.csv", leat::column("symbol", &trade::symbol)));
}
