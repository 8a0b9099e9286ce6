// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/filter_value.hpp>

#include "op/flows.hpp"

#include <string>
#include <utility>
#include <vector>

TEST_CASE("filter_value: looks at the value, keeps the pair") {
  using keyed = std::pair<std::string, int>;
  flows::however_run<keyed, keyed>(
      {{"a", 1}, {"b", 2}, {"c", 3}}, [](auto& s) { return s | leat::filter_value([](int v) { return v != 2; }); },
      [](std::vector<keyed> const& got, bool) { CHECK(got == std::vector<keyed>{{"a", 1}, {"c", 3}}); });
}

TEST_CASE("filter_value: plain pairs") {
  using keyed = std::pair<int, int>;
  std::vector<keyed> records;
  std::vector<keyed> wanted;
  for (int i = 0; i != 5000; ++i) {
    records.emplace_back(i, i % 10);
    if (i % 10 < 5) wanted.emplace_back(i, i % 10);
  }
  flows::however_run<keyed, keyed>(
      records, [](auto& s) { return s | leat::filter_value("low", [](auto const& v) { return v < 5; }); },
      [&](std::vector<keyed> const& got, bool) { CHECK(got == wanted); });
}
