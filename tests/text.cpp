// SPDX-License-Identifier: BSL-1.0
#include <leat/text.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace shop {

struct price {
  int cents;
};
std::string to_text(price const& p) { return std::to_string(p.cents) + " c"; }

struct item {
  std::string name;
};
std::ostream& operator<<(std::ostream& to, item const& i) { return to << '<' << i.name << '>' << 1 << '\n'; }

struct secret {};

}  // namespace shop

static_assert(leat::printable<shop::price> && leat::printable<shop::item>);
static_assert(!leat::printable<shop::secret>);
static_assert(!leat::printable<std::vector<std::pair<int, shop::secret>>>);
static_assert(!leat::printable<std::optional<shop::secret>>);
static_assert(!leat::printable<std::variant<int, shop::secret>>);
static_assert(!leat::printable<void*>);

using leat::text;

TEST_CASE("numbers are written in the fewest digits that give them back") {
  CHECK(text(0.1) == "0.1");
  CHECK(text(4.0) == "4");
  CHECK(text(0.1f) == "0.1");
  CHECK(text(1.0 / 3) == "0.3333333333333333");
  CHECK(text(1e300) == "1e+300");
  CHECK(text(-0.0) == "-0");
  CHECK(text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(text(std::uint8_t{200}) == "200");
  CHECK(text(std::int8_t{-3}) == "-3");
  CHECK(text(std::byte{9}) == "9");
  CHECK(text(true) == "true");
  CHECK(text('x') == "x");
}

TEST_CASE("text is itself; what is made of several shows them") {
  CHECK(text("literal") == "literal");
  CHECK(text(std::string("a\"b")) == "a\"b");
  CHECK(text(std::string_view("view")) == "view");
  CHECK(text(std::pair<std::string, int>("a", 1)) == "(a, 1)");
  CHECK(text(std::tuple<int, double, std::pair<char, bool>>(1, 2.5, {'c', false})) == "(1, 2.5, (c, false))");
  CHECK(text(std::tuple<>()) == "()");
  CHECK(text(std::optional<int>(3)) == "3");
  CHECK(text(std::optional<int>()) == "none");
  CHECK(text(std::variant<int, std::string>("six")) == "six");
  CHECK(text(std::vector<std::variant<int, bool>>{7, true}) == "[7, true]");
  CHECK(text(std::vector<int>{1, 2}) == "[1, 2]");
  CHECK(text(std::vector<bool>{true}) == "[true]");
  CHECK(text(std::array<std::string, 1>{"x"}) == "[x]");
  CHECK(text(std::map<std::string, std::optional<int>>{{"a", 1}, {"b", {}}}) == "[(a, 1), (b, none)]");
  CHECK(text(std::vector<int>()) == "[]");
}

TEST_CASE("times and durations") {
  using namespace std::chrono_literals;
  CHECK(text(1500ms) == "1500ms");
  CHECK(text(2h) == "2h");
  CHECK(text(std::chrono::duration<double>(0.5)) == "0.5s");
  CHECK(text(std::chrono::duration<int, std::ratio<2>>(3)) == "6s");
  CHECK(text(std::chrono::system_clock::time_point(1645702928s)) == "2022-02-24T11:42:08Z");
  CHECK(text(std::chrono::system_clock::time_point(1645702928s + 50ms)) == "2022-02-24T11:42:08.05Z");
  CHECK(text(std::chrono::system_clock::time_point(-1s)) == "1969-12-31T23:59:59Z");
  CHECK(text(std::chrono::sys_days(std::chrono::days(0))) == "1970-01-01T00:00:00Z");
}

namespace {

struct half_named {
  char const* first;
  char const* second;
};
std::ostream& operator<<(std::ostream& to, half_named const& names) {
  return to << names.first << ' ' << names.second << '.';
}

}  // namespace

TEST_CASE("an operator<< that fails in the middle is an error, and no half of a line") {
  CHECK(leat::text(half_named{"a", "b"}) == "a b.");
  char const* const null = nullptr;
  CHECK_THROWS_WITH_AS(leat::text(half_named{"a", null}), "the operator<< of a record has set its stream to failed",
                       std::runtime_error);
}

TEST_CASE("types of the user's, alone and inside others") {
  CHECK(text(shop::price{5}) == "5 c");
  CHECK(text(shop::item{"tea"}) == "<tea>1\n");
  CHECK(text(std::vector<std::pair<shop::price, int>>{{{5}, 1}}) == "[(5 c, 1)]");
  std::string line = "> ";
  leat::append_text(line, shop::price{7});
  CHECK(line == "> 7 c");
}
