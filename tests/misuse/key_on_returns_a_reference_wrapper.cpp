// SPDX-License-Identifier: BSL-1.0
// expect: leat: f returns a view of what another owns
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include <functional>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int const& x) { return std::cref(x); }) |
      leat::output("out", leat::to::out());
}
