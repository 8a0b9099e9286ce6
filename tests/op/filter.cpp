// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/filter.hpp>
#include <leat/op/map.hpp>

#include "op/flows.hpp"

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace {

using writer = decltype([](std::string& s) { return s.empty(); });
static_assert(!leat::detail::reads<writer, std::string>);

}  // namespace

TEST_CASE("filter: keeps the records for which f is true, in order (C5)") {
  auto odd = [](auto& s) { return s | leat::filter([](int x) { return x % 2 == 1; }); };
  flows::however_run<int, int>({1, 2, 3}, odd,
                               [](std::vector<int> const& got, bool) { CHECK(got == std::vector<int>{1, 3}); });
}

TEST_CASE("filter: records that are not plain") {
  flows::however_run<std::string, std::string>(
      {"a", "bb", "ccc", "dd"},
      [](auto& s) { return s | leat::filter("short", [](std::string_view x) { return x.size() < 3; }); },
      [](std::vector<std::string> const& got, bool several) {
        CHECK(got == (several ? std::vector<std::string>{"a", "bb", "dd"} : std::vector<std::string>{"a", "bb", "dd"}));
      });
}

TEST_CASE("filter: plain records behind maps, whatever share of them passes") {
  std::vector<std::uint64_t> numbers(20000);
  std::iota(numbers.begin(), numbers.end(), 0u);
  for (std::uint64_t limit : {0u, 1u, 50u, 99u, 100u}) {
    std::vector<std::uint64_t> wanted;
    for (std::uint64_t n : numbers) {
      std::uint64_t const x = n * 0x9e3779b97f4a7c15u;
      if ((x >> 32) % 100 < limit && x % 7 != 0) wanted.push_back((x ^ 1) + 3);
    }
    auto const got = flows::through<std::uint64_t, std::uint64_t>(numbers, [limit](auto s) {
      return s | leat::map([](std::uint64_t n) { return n * 0x9e3779b97f4a7c15u; }) |
             leat::filter([limit](std::uint64_t x) { return (x >> 32) % 100 < limit; }) |
             leat::filter([](std::uint64_t x) { return x % 7 != 0; }) |
             leat::map([](std::uint64_t x) { return x ^ 1; }) | leat::map([](std::uint64_t x) { return x + 3; });
    });
    CHECK(got == wanted);
  }
}

TEST_CASE("filter: records that can only be moved") {
  auto const got = flows::through<int, int>({1, 2, 3}, [](auto s) {
    return s | leat::map([](int x) { return std::make_unique<int>(x); }) |
           leat::filter([](std::unique_ptr<int> const& p) { return *p != 2; }) |
           leat::map([](std::unique_ptr<int> p) { return *p; });
  });
  CHECK(got == std::vector<int>{1, 3});
}
