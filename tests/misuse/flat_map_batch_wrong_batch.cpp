// SPDX-License-Identifier: BSL-1.0
// expect: leat: flat_map_batch(f): f must be callable with a std::span of the records that the step before
// expect: it produces, or with the span and emit
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/flat_map_batch.hpp>

#include <vector>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::flat_map_batch([](std::vector<int> const& batch) { return batch; });
}
