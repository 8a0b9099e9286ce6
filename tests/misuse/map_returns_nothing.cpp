// SPDX-License-Identifier: BSL-1.0
// expect: leat: map(f): f must return the new record; to only look at records use inspect
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map("look", [](int) {});
}
