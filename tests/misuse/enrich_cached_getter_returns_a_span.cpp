// SPDX-License-Identifier: BSL-1.0
// expect: leat: f returns a view of what another owns
#include <leat/from/range.hpp>
#include <leat/op/enrich_cached.hpp>

#include <span>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) |
      leat::enrich_cached([](int) { return std::span<int const>(); },
                          [](leat::ttl_cache<int, std::span<int const>>&, int x) { return x; });
}
