// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/key_rm.hpp>

#include "op/flows.hpp"

#include <string>
#include <utility>
#include <vector>

TEST_CASE("key_rm: the values remain") {
  using keyed = std::pair<int, std::string>;
  flows::however_run<std::string, keyed>(
      {{1, "a"}, {2, "b"}}, [](auto& s) { return s | leat::key_rm(); },
      [](std::vector<std::string> const& got, bool) { CHECK(got == std::vector<std::string>{"a", "b"}); });
  using plain = std::pair<int, int>;
  flows::however_run<int, plain>(
      {{1, 10}, {2, 20}}, [](auto& s) { return s | leat::key_rm("values"); },
      [](std::vector<int> const& got, bool) { CHECK(got == std::vector<int>{10, 20}); });
}
