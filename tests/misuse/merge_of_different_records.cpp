// SPDX-License-Identifier: BSL-1.0
// expect: leat: merge(name, streams...): the streams must have the same record type: map them to one type, a
// expect: std::variant for instance
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>

int main() {
  leat::flow flow("misuse");
  auto numbers = flow.input("in", leat::from::range(3));
  leat::merge("both", numbers, numbers | leat::map([](int i) { return std::to_string(i); })) |
      leat::map([](auto record) { return record; });
}
