// SPDX-License-Identifier: BSL-1.0
// expect: leat: redistribute(): the record has no codec: it may have to go to a worker of another process.
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/route/redistribute.hpp>

#include <memory>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int i) { return std::make_unique<int>(i); }) |
      leat::redistribute("spread");
}
