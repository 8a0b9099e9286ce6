// SPDX-License-Identifier: BSL-1.0
// expect: leat: map(f): f must be callable with the record that the step before it produces
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/op/or_else.hpp>

#include <string>

int main() {
  leat::flow flow("misuse");
  auto [down, errors] =
      flow.input("in", leat::from::range(3)) | leat::or_else(leat::map([](std::string const& text) { return text; }));
  down | leat::map([](int number) { return number; });
}
