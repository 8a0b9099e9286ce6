// SPDX-License-Identifier: BSL-1.0
// expect: leat: f returns a view of what another owns
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include <string>
#include <string_view>
#include <vector>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int x) { return std::string(3, static_cast<char>(x)); }) |
      leat::map([](std::string const& s) { return std::vector<std::string_view>{s}; }) |
      leat::output("out", leat::to::out());
}
