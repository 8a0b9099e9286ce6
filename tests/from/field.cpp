// SPDX-License-Identifier: BSL-1.0
#include <leat/from/field.hpp>
#include <leat/text.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

template <class T>
std::optional<T> read(std::string_view field) {
  T value{};
  if (!leat::detail::read_field(field, value)) return std::nullopt;
  return value;
}

std::string time(std::string_view field) {
  auto const found = read<std::chrono::system_clock::time_point>(field);
  return found ? leat::text(*found) : "no";
}

enum class side { buy, sell };
bool from_text(std::string_view field, side& into) {
  into = field == "sell" ? side::sell : side::buy;
  return field == "sell" || field == "buy";
}
struct other {};
static_assert(!leat::detail::field_type<other>);
static_assert(leat::detail::field_type<std::optional<side>>);

}  // namespace

TEST_CASE("numbers, with blanks around them, and nothing else") {
  CHECK(read<int>("42") == 42);
  CHECK(read<int>(" -7\t") == -7);
  CHECK(read<int>("+7") == 7);
  CHECK(read<double>("1e3") == 1000);
  CHECK(read<std::uint8_t>("255") == 255);
  CHECK(!read<std::uint8_t>("256"));
  CHECK(!read<unsigned>("-1"));
  for (char const* bad : {"", " ", "x", "1x", "1 2", "+-1", "0x10", "+"}) {
    CAPTURE(bad);
    CHECK(!read<int>(bad));
    CHECK(!read<double>(bad));
  }
  CHECK(!read<int>("1.5"));
}

TEST_CASE("bool, characters, text, optionals, types of the user's") {
  CHECK(read<bool>("true") == true);
  CHECK(read<bool>("0") == false);
  CHECK(!read<bool>("yes"));
  CHECK(read<char>("x") == 'x');
  CHECK(!read<char>("xy"));
  CHECK(read<std::string>(" as it is ") == " as it is ");
  CHECK(read<std::optional<int>>("").value().has_value() == false);
  CHECK(read<std::optional<int>>("5").value() == 5);
  CHECK(!read<std::optional<int>>("x"));
  CHECK(read<side>("sell") == side::sell);
  CHECK(!read<side>("hold"));
}

TEST_CASE("dates and times, in UTC") {
  CHECK(time("2022-02-24 11:42:08") == "2022-02-24T11:42:08Z");
  CHECK(time("2022-02-24T11:42:08Z") == "2022-02-24T11:42:08Z");
  CHECK(time("2024-02-29") == "2024-02-29T00:00:00Z");
  CHECK(time("1969-12-31 23:59:59.5") == "1969-12-31T23:59:59.5Z");
  CHECK(time("2022-02-24 11:42") == "2022-02-24T11:42:00Z");
  CHECK(time("2022-02-24 11:42:08.123456789") == "2022-02-24T11:42:08.123456789Z");
  for (char const* bad :
       {"", "2022", "2022-02", "2023-02-29", "2022-13-01", "2022-02-24 24:00:00", "2022-02-24 11", "2022-02-24 11:60",
        "2022-02-24 11:42:61", "2022-02-24 11:42:08.", "2022-02-24 11:42:08+01", "x2022-02-24", "2022-02-24x"}) {
    CAPTURE(bad);
    CHECK(time(bad) == "no");
  }
}

TEST_CASE("a date that the type of the member does not reach is none; a wider type reaches it") {
  for (char const* far :
       {"9999-12-31", "0001-01-01", "2262-04-12", "1677-09-20", "2262-04-11 23:47:17", "0000-01-01"}) {
    CAPTURE(far);
    CHECK(time(far) == "no");
    CHECK(read<std::chrono::sys_seconds>(far).has_value());
  }
  CHECK(time("2262-04-11 23:47:15.9") == "2262-04-11T23:47:15.9Z");
  CHECK(time("1677-09-21 00:12:45") == "1677-09-21T00:12:45Z");
  CHECK(leat::text(*read<std::chrono::sys_seconds>("9999-12-31 23:59:59")) == "9999-12-31T23:59:59Z");
  CHECK(leat::text(*read<std::chrono::sys_seconds>("0001-01-01")) == "0001-01-01T00:00:00Z");
  CHECK(read<std::chrono::sys_days>("2024-02-29") == std::chrono::sys_days(std::chrono::year(2024) / 2 / 29));
  CHECK(!read<std::chrono::sys_days>("2024-02-29 00:00:01"));
  CHECK(!read<std::chrono::sys_seconds>("2024-02-29 00:00:01.5"));
  CHECK(read<std::chrono::sys_time<std::chrono::milliseconds>>("2024-02-29 00:00:01.5").has_value());
  CHECK(!read<std::chrono::sys_time<std::chrono::milliseconds>>("2024-02-29 00:00:01.5005"));
}

TEST_CASE("booleans in the spellings of other programs; numbers beyond what their type holds") {
  for (char const* yes : {"true", "True", "TRUE", "1"}) CHECK(read<bool>(yes) == true);
  for (char const* no : {"false", "False", "FALSE", "0"}) CHECK(read<bool>(no) == false);
  CHECK(!read<bool>("tRUE"));
  CHECK(read<double>("1e-400") == 0);
  std::string const zeros(400, '0');
  for (std::string const& small : std::vector<std::string>{"-1e-324", "0." + zeros + "1", "1e-99999999999999999999",
                                                           "0.1e-330", "5" + zeros + "e-800"})
    CHECK_MESSAGE(read<double>(small) == 0, small);
  CHECK(read<float>("1e-50") == 0);
  for (std::string const& large : std::vector<std::string>{"1e400", "-1e+400", "1" + zeros, "1e99999999999999999999",
                                                           "0.01e+400", "5" + zeros + "0e-10"})
    CHECK_MESSAGE(!read<double>(large), large);
}
