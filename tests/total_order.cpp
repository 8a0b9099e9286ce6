// SPDX-License-Identifier: BSL-1.0
#include <leat/detail/total_order.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <compare>
#include <cstddef>
#include <limits>
#include <list>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using leat::detail::comes_before;
using leat::detail::lacks_order;
using leat::detail::same_value;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct measured {
  double value = 0;
  auto operator<=>(measured const&) const = default;
};

/// Each of these comes before all that follow it, and before none other.
template <class T>
void are_in_order(std::vector<T> const& records) {
  for (std::size_t a = 0; a != records.size(); ++a)
    for (std::size_t b = 0; b != records.size(); ++b) {
      CAPTURE(a);
      CAPTURE(b);
      CHECK(comes_before(records[a], records[b]) == (a < b));
    }
}

static_assert(!lacks_order<std::string> && !lacks_order<std::pair<int, std::string>> && !lacks_order<std::vector<int>>);
static_assert(lacks_order<std::pair<int, std::optional<float>>> && lacks_order<measured>);

}  // namespace

TEST_CASE("floating point has one order: NaN last, -0.0 before 0.0") {
  are_in_order<double>({-infinity, -1.0, -0.0, 0.0, std::numeric_limits<double>::denorm_min(), 1.0, infinity,
                        std::copysign(not_a_number, -1.0), not_a_number});
  are_in_order<float>(
      {-1.0f, -0.0f, 0.0f, 1.0f, -std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::quiet_NaN()});
  are_in_order<long double>({-0.0L, 0.0L, std::numeric_limits<long double>::quiet_NaN()});
}

TEST_CASE("the order of floating point holds inside pairs, tuples, optionals, arrays and containers") {
  are_in_order<std::pair<double, int>>({{-0.0, 2}, {0.0, 1}, {not_a_number, 0}, {not_a_number, 1}});
  are_in_order<std::tuple<int, double, std::string>>(
      {{0, not_a_number, "b"}, {1, 1.0, ""}, {1, not_a_number, "a"}, {1, not_a_number, "b"}});
  are_in_order<std::optional<double>>({std::nullopt, -infinity, 0.0, not_a_number});
  are_in_order<std::array<double, 2>>({{1.0, not_a_number}, {not_a_number, 0.0}, {not_a_number, not_a_number}});
  are_in_order<std::vector<double>>({{}, {1.0}, {1.0, 1.0}, {1.0, not_a_number}, {not_a_number}, {not_a_number, 0.0}});
  are_in_order<std::list<std::pair<int, float>>>({{{1, 1.0f}}, {{1, std::numeric_limits<float>::quiet_NaN()}}});
  using seconds = std::chrono::duration<double>;
  are_in_order<seconds>({seconds(-0.0), seconds(0.0), seconds(not_a_number)});
}

TEST_CASE("values of a user's type that have no order are refused") {
  are_in_order<measured>({{1.0}, {2.0}});
  CHECK_THROWS_AS(comes_before(measured{not_a_number}, measured{1.0}), std::domain_error);
  CHECK_THROWS_AS(comes_before(std::pair(measured{1.0}, 1), std::pair(measured{not_a_number}, 1)), std::domain_error);
}

TEST_CASE("a test calls NaN the same as NaN, and 0.0 the same as -0.0") {
  CHECK(same_value(not_a_number, not_a_number));
  CHECK(same_value(0.0, -0.0));
  CHECK_FALSE(same_value(not_a_number, 1.0));
  CHECK(same_value(std::pair(not_a_number, std::optional(not_a_number)),
                   std::pair(not_a_number, std::optional(not_a_number))));
  CHECK_FALSE(same_value(std::pair(not_a_number, 1), std::pair(not_a_number, 2)));
  CHECK_FALSE(same_value(std::optional<double>(), std::optional(not_a_number)));
  std::vector<double> const empty;
  std::vector<double> const once{not_a_number};
  std::vector<double> const twice{not_a_number, not_a_number};
  CHECK(same_value(twice, std::vector<double>(2, not_a_number)));
  CHECK_FALSE(same_value(once, twice));
  CHECK_FALSE(same_value(twice, once));
  CHECK_FALSE(same_value(empty, once));
}
