// SPDX-License-Identifier: BSL-1.0
// expect: leat: flat_map(f): f must return a range of new records, or be an f(record, emit): flat_map<T>(f)
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/flat_map.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::flat_map([](int i) { return i; });
}
