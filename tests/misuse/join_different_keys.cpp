// SPDX-License-Identifier: BSL-1.0
// expect: leat: join(name, sides...): all sides must have the same type of key
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/join.hpp>

#include <string>

int main() {
  leat::flow flow("f");
  leat::stream numbers = flow.input("in", leat::from::range(3));
  leat::join("both", numbers | leat::key_on([](int x) { return x; }),
             numbers | leat::key_on([](int x) { return std::to_string(x); }));
}
