// SPDX-License-Identifier: BSL-1.0
// expect: leat: inspect_debug(f): f must be callable with (step, record, epoch, worker), the record being a
// expect: const reference
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/inspect_debug.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::inspect_debug([](int) {});
}
