// SPDX-License-Identifier: BSL-1.0
// expect: leat: filter(f): f must be callable with a const reference to the record that the step before it
// expect: produces
#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/op/filter.hpp>

#include <string>
#include <vector>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::iterable(std::vector<std::string>{"a"})) |
      leat::filter([](std::string& s) { return s.empty(); });
}
