// SPDX-License-Identifier: BSL-1.0
// expect: leat: a flow is no stream: its records come from flow.input(name, source)
#include <leat/flow.hpp>
#include <leat/op/map.hpp>

int main() {
  leat::flow flow("misuse");
  flow | leat::map([](int x) { return x; });
}
