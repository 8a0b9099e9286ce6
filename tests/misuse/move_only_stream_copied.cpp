// SPDX-License-Identifier: BSL-1.0
// expect: leat: records of this stream cannot be copied, so it has one consumer only and is not copied itself
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>

#include <memory>

int main() {
  leat::flow flow("misuse");
  leat::stream owners =
      flow.input("in", leat::from::range(3)) | leat::map([](int i) { return std::make_unique<int>(i); });
  auto again = owners;
}
