// SPDX-License-Identifier: BSL-1.0
// expect: leat: the steps of this stream are still being fused, and a const one cannot note that they end here
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  auto const s = flow.input("in", leat::from::range(3)) | leat::map([](int x) { return x + 1; });
  s | leat::output("out", leat::to::out());
}
