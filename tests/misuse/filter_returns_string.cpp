// SPDX-License-Identifier: BSL-1.0
// expect: leat: filter(f): f must return bool: true keeps the record
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/filter.hpp>

#include <string>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::filter([](int) { return std::string("yes"); });
}
