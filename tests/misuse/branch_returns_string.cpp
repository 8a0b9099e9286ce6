// SPDX-License-Identifier: BSL-1.0
// expect: leat: branch(f): f must return bool: true sends the record to trues
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/branch.hpp>
#include <leat/op/map.hpp>

#include <string>

int main() {
  leat::flow flow("misuse");
  auto [trues, falses] =
      flow.input("in", leat::from::range(3)) | leat::branch("side", [](int) { return std::string("x"); });
  trues | leat::map([](int i) { return i; });
  falses | leat::map([](int i) { return i; });
}
