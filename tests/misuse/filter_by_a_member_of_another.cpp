// SPDX-License-Identifier: BSL-1.0
// expect: leat: filter(f): f must be callable with a const reference
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/filter.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

struct trade {
  bool ok = true;
};

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::filter(&trade::ok) | leat::output("out", leat::to::out());
}
