// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/flat_map_value.hpp>

#include "op/flows.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using keyed = std::pair<std::string, std::string>;
std::vector<keyed> const records{{"a", "xy"}, {"b", ""}, {"c", "z"}};
auto const check = [](std::vector<keyed> const& got, bool) {
  CHECK(got == std::vector<keyed>{{"a", "x"}, {"a", "y"}, {"c", "z"}});
};

}  // namespace

TEST_CASE("flat_map_value: each result has the key of the value it came from") {
  flows::however_run<keyed, keyed>(
      records,
      [](auto& s) {
        return s | leat::flat_map_value([](std::string const& v) {
                 std::vector<std::string> letters;
                 for (char c : v) letters.emplace_back(1, c);
                 return letters;
               });
      },
      check);
}

TEST_CASE("flat_map_value: f emits, views become strings") {
  flows::however_run<keyed, keyed>(
      records,
      [](auto& s) {
        return s | leat::flat_map_value<std::string>("letters", [](std::string_view v, auto emit) {
                 for (std::size_t i = 0; i != v.size(); ++i) emit(v.substr(i, 1));
               });
      },
      check);
}

TEST_CASE("flat_map_value: values that can only be moved") {
  using numbers = std::pair<int, int>;
  auto const got = flows::through<numbers, numbers>({{1, 5}}, [](auto s) {
    return s | leat::flat_map_value<std::unique_ptr<int>>([](int v, auto emit) {
             emit(std::make_unique<int>(v));
             emit(std::make_unique<int>(v + 1));
           }) |
           leat::flat_map_value([](std::unique_ptr<int> p) { return std::vector<int>{*p}; });
  });
  CHECK(got == std::vector<numbers>{{1, 5}, {1, 6}});
}
