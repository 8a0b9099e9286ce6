// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/filter_map_value.hpp>

#include "op/flows.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

TEST_CASE("filter_map_value: an empty optional drops the record, the key stays") {
  using keyed = std::pair<std::string, std::string>;
  flows::however_run<keyed, keyed>(
      {{"a", "1=one"}, {"b", "two"}, {"c", "3=three"}},
      [](auto& s) {
        return s | leat::filter_map_value([](std::string_view v) {
                 std::size_t const at = v.find('=');
                 return at == v.npos ? std::nullopt : std::optional(v.substr(at + 1));
               });
      },
      [](std::vector<keyed> const& got, bool) { CHECK(got == std::vector<keyed>{{"a", "one"}, {"c", "three"}}); });
}
