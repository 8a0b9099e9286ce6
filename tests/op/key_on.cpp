// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/flat_map.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/key_rm.hpp>
#include <leat/op/map.hpp>

#include "op/flows.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

struct without_equality {};

static_assert(!leat::keyable<without_equality>);
static_assert(!leat::keyable<std::unique_ptr<int>>);
static_assert(!leat::keyable<int const>);
static_assert(leat::keyable<std::string>);

}  // namespace

TEST_CASE("key_on: pairs of key and record (C9)") {
  using keyed = std::pair<std::string, int>;
  flows::however_run<keyed, int>(
      {1, 2, 3}, [](auto& s) { return s | leat::key_on([](int x) { return std::to_string(x); }); },
      [](std::vector<keyed> const& got, bool) { CHECK(got == std::vector<keyed>{{"1", 1}, {"2", 2}, {"3", 3}}); });
}

TEST_CASE("key_on: a view of the record as key becomes a string before the record is moved") {
  using keyed = std::pair<std::string, std::string>;
  std::string const a = std::string(40, 'a') + ":1";
  std::string const b = std::string(40, 'b') + ":2";
  flows::however_run<keyed, std::string>(
      {a, b},
      [](auto& s) {
        return s | leat::key_on("name", [](std::string_view line) { return line.substr(0, line.find(':')); });
      },
      [&](std::vector<keyed> const& got, bool) {
        CHECK(got == std::vector<keyed>{{std::string(40, 'a'), a}, {std::string(40, 'b'), b}});
      });
}

TEST_CASE("key_on: behind a step that emits views") {
  using keyed = std::pair<std::size_t, std::string>;
  auto const got = flows::through<keyed, std::string>({"aXbb"}, [](auto s) {
    auto out = s | leat::flat_map<std::string>([](std::string_view line, auto emit) {
                 emit(line.substr(0, 1));
                 emit(line.substr(2));
               }) |
               leat::key_on([](std::string_view word) { return word.size(); });
    static_assert(std::is_same_v<leat::detail::record_of<decltype(out)>, keyed>);
    return out;
  });
  CHECK(got == std::vector<keyed>{{1, "a"}, {2, "bb"}});
}

TEST_CASE("key_on: records that can only be moved") {
  auto const got = flows::through<int, int>({4}, [](auto s) {
    return s | leat::map([](int x) { return std::make_unique<int>(x); }) |
           leat::key_on([](std::unique_ptr<int> const& p) { return *p; }) | leat::key_rm() |
           leat::map([](std::unique_ptr<int> p) { return *p; });
  });
  CHECK(got == std::vector<int>{4});
}
