// SPDX-License-Identifier: BSL-1.0
// expect: leat: the name of a step is its first argument
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/branch.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  auto [odd, even] = flow.input("in", leat::from::range(3)) | leat::branch([](int x) { return x % 2 == 1; }, "odd");
  odd | leat::output("odd", leat::to::out());
  even | leat::output("even", leat::to::out());
}
