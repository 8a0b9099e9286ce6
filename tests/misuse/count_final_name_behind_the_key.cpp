// SPDX-License-Identifier: BSL-1.0
// expect: leat: the name of a step is its first argument
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/state/count_final.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::count_final([](int x) { return x; }, "count") |
      leat::output("out", leat::to::out());
}
