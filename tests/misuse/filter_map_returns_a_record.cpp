// SPDX-License-Identifier: BSL-1.0
// expect: leat: filter_map(f): f must return a std::optional: an empty one drops the record
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/filter_map.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::filter_map([](int i) { return i; });
}
