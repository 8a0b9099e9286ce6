// SPDX-License-Identifier: BSL-1.0
// expect: leat: the name of a step is its first argument
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/merge.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  auto in = flow.input("in", leat::from::range(3));
  leat::merge(in, in, "both") | leat::output("out", leat::to::out());
}
