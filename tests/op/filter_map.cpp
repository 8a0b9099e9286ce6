// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/filter_map.hpp>

#include "op/flows.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

static_assert(!leat::detail::is_optional<int>);
static_assert(!leat::detail::is_optional<int*>);

TEST_CASE("filter_map: an empty optional drops the record") {
  flows::however_run<std::string, int>(
      {1, 2, 3, 4},
      [](auto& s) {
        return s | leat::filter_map([](int x) { return x % 2 == 0 ? std::optional(std::to_string(x)) : std::nullopt; });
      },
      [](std::vector<std::string> const& got, bool) { CHECK(got == std::vector<std::string>{"2", "4"}); });
}

TEST_CASE("filter_map: optional views become strings, optional owners are moved") {
  flows::however_run<std::string, std::string>(
      {"key=value", "none", "k=" + std::string(60, 'v')},
      [](auto& s) {
        return s | leat::filter_map("value", [](std::string_view line) {
                 std::size_t const at = line.find('=');
                 return at == line.npos ? std::nullopt : std::optional(line.substr(at + 1));
               });
      },
      [](std::vector<std::string> const& got, bool several) {
        std::vector<std::string> const wanted{"value", std::string(60, 'v')};
        CHECK(got == (several ? flows::sorted(wanted) : wanted));
      });
  auto const got = flows::through<int, int>({1, 2}, [](auto s) {
    return s | leat::filter_map([](int x) { return std::optional(std::make_unique<int>(x)); }) |
           leat::filter_map([](std::unique_ptr<int> p) { return std::optional(*p); });
  });
  CHECK(got == std::vector<int>{1, 2});
}
