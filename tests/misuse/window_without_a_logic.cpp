// SPDX-License-Identifier: BSL-1.0
// expect: leat: window(name, clock, windower, builder): builder(std::optional<State>) must return an object
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time.hpp>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::window("w", leat::counting(2), [](int x) { return x; });
}
