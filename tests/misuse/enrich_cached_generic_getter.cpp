// SPDX-License-Identifier: BSL-1.0
// expect: leat: enrich_cached(getter, mapper): getter must be a function of one key that returns its value,
// expect: with the key's type spelled out
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/enrich_cached.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) |
      leat::enrich_cached([](auto key) { return key; }, [](auto& cache, int i) { return cache.get(i); });
}
