// SPDX-License-Identifier: BSL-1.0
// expect: leat: out(x): x may lose its fraction or its higher bits when it becomes a record of this type
#include <leat/flow.hpp>
#include <leat/from/source.hpp>

struct big_numbers {
  using record = int;
  struct partition {
    bool next_batch(leat::emitter<int>& out) const {
      out(1LL << 40);
      return false;
    }
  };
  partition build(leat::step_services const&) const { return {}; }
};

int main() {
  leat::flow flow("misuse");
  leat::stream in = flow.input("in", big_numbers());
}
