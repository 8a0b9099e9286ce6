// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/map_value.hpp>

#include "op/flows.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

static_assert(!leat::is_keyed<int>);
static_assert(!leat::is_keyed<std::tuple<int, int>>);

namespace {

using keyed = std::pair<std::string, std::string>;
std::vector<keyed> const records{{"a", "x"}, {"b", "yy"}, {"a", "zzz"}};
auto const check_shouted = [](std::vector<keyed> const& got, bool several) {
  std::vector<keyed> const wanted{{"a", "x!"}, {"b", "yy!"}, {"a", "zzz!"}};
  CHECK(got == (several ? flows::sorted(wanted) : wanted));
};

}  // namespace

TEST_CASE("map_value: the key stays") {
  using sized = std::pair<std::string, std::size_t>;
  flows::however_run<sized, keyed>(
      records, [](auto& s) { return s | leat::map_value([](std::string const& v) { return v.size(); }); },
      [](std::vector<sized> const& got, bool several) {
        std::vector<sized> const wanted{{"a", 1}, {"b", 2}, {"a", 3}};
        CHECK(got == (several ? flows::sorted(wanted) : wanted));
      });
}

TEST_CASE("map_value: by value, in place, generic") {
  flows::however_run<keyed, keyed>(
      records, [](auto& s) { return s | leat::map_value("v", [](std::string v) { return v + "!"; }); }, check_shouted);
  auto in_place = [](std::string&& v) -> std::string&& {
    v += '!';
    return std::move(v);
  };
  flows::however_run<keyed, keyed>(records, [&](auto& s) { return s | leat::map_value(in_place); }, check_shouted);
  flows::however_run<keyed, keyed>(
      records,
      [](auto& s) {
        return s | leat::map_value([](auto&& v) {
                 v += '!';
                 return std::string_view(v);
               });
      },
      [](std::vector<keyed> const& got, bool) { CHECK(got.size() == 3); });
}

TEST_CASE("map_value: in place with a value from elsewhere") {
  static std::string other;
  auto elsewhere = [](std::string&& v) -> std::string&& {
    other = v + "!";
    return std::move(other);
  };
  auto const got = flows::through<keyed, keyed>(records, [&](auto s) { return s | leat::map_value(elsewhere); });
  check_shouted(got, false);
}

TEST_CASE("map_value: a view that f returns becomes a string") {
  auto const got = flows::through<keyed, keyed>({{"k", std::string(80, 'q') + "rest"}}, [](auto s) {
    auto out = s | leat::map_value([](std::string_view v) { return v.substr(0, 80); });
    static_assert(std::is_same_v<leat::detail::record_of<decltype(out)>, keyed>);
    return out;
  });
  CHECK(got == std::vector<keyed>{{"k", std::string(80, 'q')}});
}

TEST_CASE("map_value: plain pairs, and values that can only be moved") {
  using numbers = std::pair<std::uint32_t, std::uint64_t>;
  flows::however_run<numbers, numbers>(
      {{1, 10}, {2, 20}},
      [](auto& s) {
        return s | leat::map_value([](std::uint64_t v) { return v + 1; }) |
               leat::map_value([](std::uint64_t v) { return v * 2; });
      },
      [](std::vector<numbers> const& got, bool) { CHECK(got == std::vector<numbers>{{1, 22}, {2, 42}}); });
  using result = std::pair<int, int>;
  auto const got = flows::through<result, result>({{1, 5}}, [](auto s) {
    return s | leat::map_value([](int v) { return std::make_unique<int>(v); }) |
           leat::map_value([](std::unique_ptr<int> p) { return *p; });
  });
  CHECK(got == std::vector<result>{{1, 5}});
}
