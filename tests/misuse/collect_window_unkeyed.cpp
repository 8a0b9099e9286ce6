// SPDX-License-Identifier: BSL-1.0
// expect: leat: this step keeps state by key, so it needs a keyed stream
#include <leat/from/range.hpp>
#include <leat/time.hpp>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::collect_window("w", leat::counting(2));
}
