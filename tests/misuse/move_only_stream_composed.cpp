// SPDX-License-Identifier: BSL-1.0
// expect: leat: records of this stream cannot be copied, so it has one consumer only: write
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/compose.hpp>
#include <leat/op/map.hpp>

#include <memory>
#include <vector>

int main() {
  leat::flow flow("misuse");
  leat::stream owners = flow.input("in", leat::from::range(3)) |
                        leat::map([](int i) { return std::vector<std::unique_ptr<int>>(static_cast<std::size_t>(i)); });
  leat::compose("own", [](auto up) { return up; }, owners);
}
