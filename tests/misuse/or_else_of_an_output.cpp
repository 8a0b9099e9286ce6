// SPDX-License-Identifier: BSL-1.0
// expect: leat: or_else(step): only steps that call a function for each record can be inside or_else: map, filter,
// expect: flat_map and their _value forms, key_on, stateful_map, stateful_flat_map
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/or_else.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include <cstdint>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::or_else(leat::output("out", leat::to::for_each([](std::int64_t) {})));
}
