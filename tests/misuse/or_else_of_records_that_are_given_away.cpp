// SPDX-License-Identifier: BSL-1.0
// expect: leat: or_else(step): the records of this stream cannot be copied, so the function of the step must take them
// by expect: const reference: a record it throws at is still needed
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/op/or_else.hpp>

#include <cstdint>
#include <memory>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) |
      leat::map([](auto number) { return std::make_unique<std::int64_t>(number); }) |
      leat::or_else(leat::map([](std::unique_ptr<std::int64_t> number) { return *number; }));
}
