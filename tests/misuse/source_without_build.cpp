// SPDX-License-Identifier: BSL-1.0
// expect: leat: flow.input(name, source): a source needs build(step_services const&) const
#include <leat/flow.hpp>
#include <leat/from/source.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

class numbers {
 public:
  using record = int;
};

int main() {
  leat::flow flow("misuse");
  flow.input("in", numbers()) | leat::output("out", leat::to::out());
}
