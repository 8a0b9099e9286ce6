// SPDX-License-Identifier: BSL-1.0
// expect: leat: flow.input(name, source): what the source opens needs bool next_batch(leat::emitter<record>&)
#include <leat/flow.hpp>
#include <leat/from/source.hpp>
#include <leat/op/emitter.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

class numbers {
 public:
  using record = int;
  struct partition {
    void next_batch(leat::emitter<int>& out) { out(1); }
  };
  partition build(leat::step_services const&) const { return {}; }
};

int main() {
  leat::flow flow("misuse");
  flow.input("in", numbers()) | leat::output("out", leat::to::out());
}
