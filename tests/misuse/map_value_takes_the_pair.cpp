// SPDX-License-Identifier: BSL-1.0
// expect: leat: map_value(f): f must be callable with the value of the keyed stream
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map_value.hpp>

#include <utility>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int i) { return i; }) |
      leat::map_value([](std::pair<int, int> const& pair) { return pair.second; });
}
