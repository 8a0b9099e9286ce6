// SPDX-License-Identifier: BSL-1.0
// expect: leat: filter_map_value(f) needs a keyed stream: use key_on(f) before it
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/filter_map_value.hpp>

#include <optional>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::filter_map_value([](int i) { return std::optional<int>(i); });
}
