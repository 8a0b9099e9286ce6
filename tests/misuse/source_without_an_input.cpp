// SPDX-License-Identifier: BSL-1.0
// expect: leat: a source is no stream: flow.input(name, source)
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>

int main() {
  leat::from::range(3) | leat::map([](int x) { return x; });
}
