// SPDX-License-Identifier: BSL-1.0
// expect: leat: output(name, sink): this record has no text for the sink to write
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

struct point {
  int x = 0;
};

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int) { return point(); }) |
      leat::output("out", leat::to::out());
}
