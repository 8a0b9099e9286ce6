// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/flatten.hpp>

#include "op/flows.hpp"

#include <string>
#include <vector>

TEST_CASE("flatten: ranges come apart, a string into its characters") {
  using row = std::vector<std::string>;
  flows::however_run<std::string, row>(
      {row{"a", "b"}, row{}, row{"c"}}, [](auto& s) { return s | leat::flatten(); },
      [](row const& got, bool) { CHECK(got == row{"a", "b", "c"}); });
  CHECK(flows::through<char, row>({row{"ab", "c"}}, [](auto s) {
          return s | leat::flatten("words") | leat::flatten("letters");
        }) == std::vector<char>{'a', 'b', 'c'});
}
