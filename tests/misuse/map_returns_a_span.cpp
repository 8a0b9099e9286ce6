// SPDX-License-Identifier: BSL-1.0
// expect: leat: f returns a view of what another owns
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include <span>
#include <vector>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int x) { return std::vector<int>(3, x); }) |
      leat::map([](std::vector<int> const& v) { return std::span<int const>(v); }) |
      leat::output("out", leat::to::out());
}
