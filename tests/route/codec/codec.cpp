// SPDX-License-Identifier: BSL-1.0
#include <leat/route/codec/codec.hpp>

#include <leat/detail/buffer.hpp>

#include "checks.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace {

using checks::survives;
using checks::survives_in_batches;

enum class colour : std::int16_t { red = -3, green = 700 };
enum plain_colour { plain_red, plain_green };
enum class answer : bool { no, yes };

struct no_fields {
  template <class A>
  void serialize(A&, unsigned) {}
  bool operator==(no_fields const&) const = default;
  bool operator<(no_fields const&) const { return false; }
};

struct point {
  std::int32_t x = 0;
  std::int32_t y = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    a & x & y;
  }
  bool operator==(point const&) const = default;
};

struct tree {
  std::string name;
  std::vector<tree> children;
  template <class A>
  void serialize(A& a, unsigned) {
    a & name & children;
  }
  bool operator==(tree const&) const = default;
};

struct throws_in_serialize {
  template <class A>
  void serialize(A& a, unsigned) {
    std::string written(1000, 'x');
    a & written;
    throw std::logic_error("from serialize");
  }
};

struct without_codec {
  int x;
};
struct row : std::vector<int> {
  int more = 0;
};
template <class T>
struct tagged : std::vector<T> {
  int tag = 0;
};

static_assert(leat::has_codec<int> && leat::has_codec<int const> && leat::has_codec<bool> && leat::has_codec<char8_t>);
static_assert(leat::has_codec<std::byte> && leat::has_codec<colour> && leat::has_codec<double>);
static_assert(leat::has_codec<std::vector<std::map<std::string, std::optional<point>>>>);
static_assert(leat::has_codec<int[3]> && leat::has_codec<std::tuple<>> && leat::has_codec<std::monostate>);
static_assert(leat::has_codec<tree> && leat::has_codec<no_fields>);

static_assert(!leat::has_codec<long double>);
static_assert(!leat::has_codec<int*> && !leat::has_codec<char const*> && !leat::has_codec<int&> &&
              !leat::has_codec<void>);
static_assert(!leat::has_codec<std::unique_ptr<int>> && !leat::has_codec<std::shared_ptr<int>>);
static_assert(!leat::has_codec<std::string_view> && !leat::has_codec<std::span<int>>);
static_assert(!leat::has_codec<without_codec> && !leat::has_codec<without_codec[2]>);
static_assert(!leat::has_codec<row> && !leat::has_codec<tagged<int>>);
static_assert(!leat::has_codec<std::vector<without_codec>> && !leat::has_codec<std::array<without_codec, 2>>);
static_assert(!leat::has_codec<std::pair<int, without_codec>> && !leat::has_codec<std::tuple<int, int*>>);
static_assert(!leat::has_codec<std::optional<int*>> && !leat::has_codec<std::variant<int, without_codec>>);
static_assert(!leat::has_codec<std::map<int, int*>> && !leat::has_codec<std::set<without_codec>>);
static_assert(!leat::has_codec<std::unordered_map<int, std::vector<int*>>>);

TEST_CASE("codec: numbers, bool, enumerations and bytes come back") {
  survives_in_batches(std::uint8_t{255});
  survives_in_batches('x');
  survives_in_batches(std::int16_t{-2});
  survives_in_batches(std::numeric_limits<std::int64_t>::min());
  survives_in_batches(std::numeric_limits<std::uint64_t>::max());
  survives_in_batches(-1.25f);
  survives_in_batches(3.5e300);
  survives(true);
  survives(false);
  survives_in_batches(colour::green);
  survives_in_batches(plain_green);
  survives_in_batches(answer::yes);
  survives_in_batches(std::byte{7});
  survives_in_batches(std::chrono::milliseconds{-12});
  survives_in_batches(std::chrono::duration<double>{0.5});
  survives_in_batches(std::chrono::sys_seconds{std::chrono::seconds{77}});
  survives_in_batches(std::chrono::steady_clock::time_point{std::chrono::nanoseconds{5}});
}

TEST_CASE("codec: the standard library's types come back") {
  survives_in_batches(std::string{});
  survives_in_batches(std::string{"zero\0inside", 11});
  survives_in_batches(std::u16string{u"wide"});
  survives_in_batches(std::vector<int>{});
  survives_in_batches(std::vector<int>{1, -2, 3});
  survives_in_batches(std::vector<bool>{true, false, true});
  survives_in_batches(std::vector<std::pair<std::uint32_t, float>>{{1, 2.f}, {3, 4.f}});
  survives_in_batches(std::vector<std::vector<std::string>>{{"a"}, {}, {"b", "c"}});
  survives_in_batches(std::vector<point>{{1, 2}, {3, 4}});
  survives_in_batches(std::array<std::uint16_t, 3>{1, 2, 3});
  survives_in_batches(std::array<std::string, 2>{"one", "two"});
  survives_in_batches(std::deque<std::string>{"a", "b"});
  survives_in_batches(std::list<int>{5, 6});
  survives_in_batches(std::optional<std::string>{});
  survives_in_batches(std::optional<std::string>{"here"});
  survives_in_batches(std::pair<std::string, std::int64_t>{"key", 9});
  survives_in_batches(std::tuple<int, std::string, std::tuple<bool>>{1, "x", {true}});
  survives_in_batches(std::tuple<>{});
  survives_in_batches(std::monostate{});
  survives_in_batches(std::variant<std::monostate, std::string, int>{});
  survives_in_batches(std::variant<std::monostate, std::string, int>{"held"});
  survives_in_batches(std::variant<int, int>{std::in_place_index<1>, 4});
  survives_in_batches(std::set<std::string>{"a", "b"});
  survives_in_batches(std::multiset<int>{1, 1, 2});
  survives_in_batches(std::map<std::string, std::vector<int>>{{"a", {1}}, {"b", {}}});
  survives_in_batches(std::multimap<int, std::string>{{1, "first"}, {1, "second"}});
  survives_in_batches(std::unordered_set<int>{4, 5, 6});
  survives_in_batches(std::unordered_multiset<int>{4, 4});
  survives_in_batches(std::unordered_map<std::string, double>{{"a", .5}, {"b", 1.5}});
  survives_in_batches(std::unordered_multimap<int, int>{{1, 2}, {1, 2}});
}

TEST_CASE("codec: user types come back, also those that write nothing") {
  survives_in_batches(point{3, -4});
  survives_in_batches(tree{"root", {{"left", {}}, {"right", {{"leaf", {}}}}}});
  survives_in_batches(no_fields{});
  survives_in_batches(std::vector<no_fields>(3));
  survives_in_batches(std::set<no_fields>{no_fields{}});
  survives_in_batches(std::optional<no_fields>{no_fields{}});
  survives_in_batches(std::vector<std::pair<no_fields, std::monostate>>(2));
}

TEST_CASE("codec: large values grow the buffer and come back") {
  std::vector<std::string> many(5000, std::string(100, 'y'));
  std::vector<std::byte> const bytes = checks::encoded(many);
  CHECK(bytes.size() == 4 + 5000 * 104);
  CHECK(leat::decode<std::vector<std::string>>(bytes) == many);
  std::vector<std::uint64_t> const numbers(100'000, 7);
  CHECK(leat::decode<std::vector<std::uint64_t>>(checks::encoded(numbers)) == numbers);
}

TEST_CASE("codec: the bytes are little-endian, unaligned, with 32 bit counts") {
  CHECK(checks::encoded(std::uint32_t{0x01020304}) == checks::bytes_of({4, 3, 2, 1}));
  CHECK(checks::encoded(std::string{"ab"}) == checks::bytes_of({2, 0, 0, 0, 'a', 'b'}));
  CHECK(checks::encoded(std::pair<std::uint8_t, std::uint16_t>{9, 0x0201}) == checks::bytes_of({9, 1, 2}));
  CHECK(checks::encoded(std::optional<std::uint8_t>{}) == checks::bytes_of({0}));
  CHECK(checks::encoded(std::optional<std::uint8_t>{8}) == checks::bytes_of({1, 8}));
  CHECK(checks::encoded(std::variant<int, std::uint8_t>{std::uint8_t{5}}) == checks::bytes_of({1, 5}));
  CHECK(checks::encoded(std::map<std::uint8_t, bool>{{1, true}}) == checks::bytes_of({1, 0, 0, 0, 1, 1}));
  CHECK(checks::encoded(std::vector<no_fields>(2)) == checks::bytes_of({2, 0, 0, 0, 0, 0}));
  CHECK(checks::encoded(no_fields{}).empty());
}

TEST_CASE("codec: a failed encode leaves the buffer as it was") {
  leat::byte_buffer bytes;
  leat::encode(std::uint8_t{1}, bytes);
  throws_in_serialize const bad;
  CHECK_THROWS_AS(leat::encode(bad, bytes), std::logic_error);
  CHECK_THROWS_AS(leat::encode_batch(&bad, 1, bytes), std::logic_error);
  CHECK(bytes.size() == 1);
  CHECK(leat::decode<std::uint8_t>(bytes) == 1);
}

TEST_CASE("codec: a batch goes into a buffer or anything with push") {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> const flat_records{{1, 2}, {3, 4}, {5, 6}};
  leat::byte_buffer bytes;
  leat::encode_batch(flat_records.data(), flat_records.size(), bytes);
  CHECK(bytes.size() == 48);
  leat::detail::buffer<std::pair<std::uint64_t, std::uint64_t>> read;
  read.push(std::pair<std::uint64_t, std::uint64_t>{0, 0});
  CHECK(leat::decode_batch<std::pair<std::uint64_t, std::uint64_t>>(bytes, read) == 3);
  REQUIRE(read.size() == 4);
  CHECK(read.begin()[0].second == 0);
  CHECK(read.begin()[3].second == 6);

  std::vector<std::string> const strings{"a", "", "ccc"};
  bytes.clear();
  leat::encode_batch(strings.data(), strings.size(), bytes);
  leat::detail::buffer<std::string> texts;
  CHECK(leat::decode_batch<std::string>(bytes, texts) == 3);
  REQUIRE(texts.size() == 3);
  CHECK(texts.begin()[2] == "ccc");

  bytes.clear();
  leat::encode_batch(strings.data(), 0, bytes);
  CHECK(bytes.empty());
  CHECK(leat::decode_batch<std::string>(bytes, texts) == 0);
}

TEST_CASE("codec: a batch cut short is refused") {
  std::vector<std::uint64_t> const flat_records{1, 2};
  std::vector<std::string> const strings{"abc", "d"};
  leat::byte_buffer flat_bytes;
  leat::byte_buffer string_bytes;
  leat::encode_batch(flat_records.data(), 2, flat_bytes);
  leat::encode_batch(strings.data(), 2, string_bytes);
  std::size_t refused = 0;
  for (std::size_t count = 0; count < flat_bytes.size(); ++count) {
    try {
      leat::decode_batch<std::uint64_t>(flat_bytes.bytes().first(count), [](std::uint64_t) {});
    } catch (leat::codec_error const&) {
      ++refused;
    }
  }
  CHECK(refused == 14);
  refused = 0;
  for (std::size_t count = 0; count < string_bytes.size(); ++count) {
    try {
      leat::decode_batch<std::string>(string_bytes.bytes().first(count), [](std::string&&) {});
    } catch (leat::codec_error const&) {
      ++refused;
    }
  }
  CHECK(refused == string_bytes.size() - 2);
}

}  // namespace
