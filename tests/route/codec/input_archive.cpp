// SPDX-License-Identifier: BSL-1.0
#include <leat/route/codec/input_archive.hpp>

#include "checks.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace {

using checks::bytes_of;
using checks::contains;
using checks::refusal;

/// Adds up what containers ask of memory, by counting in an allocator of their own.
std::size_t asked_for = 0;
template <class T>
struct counting_allocator {
  using value_type = T;
  counting_allocator() = default;
  template <class U>
  counting_allocator(counting_allocator<U> const&) {}
  T* allocate(std::size_t count) {
    asked_for += count * sizeof(T);
    return std::allocator<T>{}.allocate(count);
  }
  void deallocate(T* memory, std::size_t count) { std::allocator<T>{}.deallocate(memory, count); }
  bool operator==(counting_allocator const&) const { return true; }
};
template <class T>
using counted_vector = std::vector<T, counting_allocator<T>>;
using counted_string = std::basic_string<char, std::char_traits<char>, counting_allocator<char>>;

struct big {
  std::array<std::uint64_t, 128> content{};
  template <class A>
  void serialize(A& a, unsigned) {
    a & content;
  }
};

struct empty {
  template <class A>
  void serialize(A&, unsigned) {}
};

struct tree {
  std::vector<tree> children;
  template <class A>
  void serialize(A& a, unsigned) {
    a & children;
  }
};

std::vector<std::byte> hostile(std::uint32_t count, std::size_t size, std::byte filling = std::byte{0}) {
  std::vector<std::byte> bytes(size, filling);
  std::memcpy(bytes.data(), &count, sizeof count);
  return bytes;
}

/// What reading a hostile frame asked for, as a multiple of the frame.
template <class T>
double times_the_frame(std::vector<std::byte> const& bytes) {
  asked_for = 0;
  try {
    leat::decode<T>(bytes);
  } catch (leat::codec_error const&) {
  }
  return static_cast<double>(asked_for) / static_cast<double>(bytes.size());
}

TEST_CASE("input_archive: a count that the bytes cannot hold is refused before anything is reserved") {
  asked_for = 0;
  CHECK_THROWS_AS(leat::decode<counted_vector<std::uint64_t>>(hostile(0xffffffffu, 36)), leat::codec_error);
  CHECK_THROWS_AS(leat::decode<counted_vector<std::uint64_t>>(hostile(5, 36)), leat::codec_error);
  CHECK_THROWS_AS(leat::decode<counted_vector<empty>>(hostile(33, 36)), leat::codec_error);
  CHECK_THROWS_AS(leat::decode<counted_string>(hostile(33, 36)), leat::codec_error);
  CHECK(asked_for == 0);
  CHECK_THROWS_AS((leat::decode<std::map<int, int>>(hostile(5, 36))), leat::codec_error);
  CHECK_THROWS_AS((leat::decode<std::unordered_map<int, int>>(hostile(5, 36))), leat::codec_error);
  CHECK_THROWS_AS(leat::decode<std::list<int>>(hostile(9, 36)), leat::codec_error);
  CHECK_THROWS_AS(leat::decode<std::deque<int>>(hostile(9, 36)), leat::codec_error);
  CHECK_THROWS_AS(leat::decode<std::vector<bool>>(hostile(33, 36)), leat::codec_error);
  CHECK(contains(refusal<std::string>(hostile(33, 36)), "a count of 33 elements does not fit the 32 bytes"));
}

TEST_CASE("input_archive: memory stays within a multiple of the frame, whatever the count says") {
  std::size_t const mebibyte = 1u << 20;
  auto const many = static_cast<std::uint32_t>(mebibyte - 4);
  CHECK(times_the_frame<counted_vector<std::uint64_t>>(hostile(many / 8, mebibyte)) <= 2);
  CHECK(times_the_frame<counted_string>(hostile(many, mebibyte)) <= 2);
  CHECK(times_the_frame<counted_vector<counted_vector<char>>>(hostile(many / 4, mebibyte)) <= 34);
  CHECK(times_the_frame<counted_vector<std::pair<counted_string, double>>>(hostile(many / 12, mebibyte)) <= 34);
  CHECK(times_the_frame<counted_vector<std::optional<big>>>(hostile(many, mebibyte)) <= 34);
  CHECK(times_the_frame<counted_vector<big>>(hostile(many, mebibyte)) <= 34);
  using node_map = std::multimap<std::uint8_t, std::uint8_t, std::less<>,
                                 counting_allocator<std::pair<std::uint8_t const, std::uint8_t>>>;
  CHECK(times_the_frame<node_map>(hostile(many / 2, mebibyte)) <= 34);
  using node_list = std::list<std::uint8_t, counting_allocator<std::uint8_t>>;
  CHECK(times_the_frame<node_list>(hostile(many, mebibyte)) <= 34);
  // A frame of few bytes may still ask for 64 KiB, and not for more.
  CHECK(times_the_frame<counted_vector<std::optional<big>>>(hostile(1000, 1004)) * 1004 <= 2 * (65536 + 16 * 1004));
}

TEST_CASE("input_archive: no more than 64 KiB is reserved for elements that have not been read") {
  std::size_t const mebibyte = 1u << 20;
  asked_for = 0;
  std::vector<std::byte> const first_is_bad = hostile(mebibyte / 16, mebibyte, std::byte{255});
  CHECK_THROWS_AS(leat::decode<counted_vector<std::string>>(first_is_bad), leat::codec_error);
  CHECK(asked_for > 0);
  CHECK(asked_for <= 65536);
}

TEST_CASE("input_archive: the allowance is for the whole frame, and can be given") {
  using many_big = std::vector<std::optional<big>>;
  std::vector<std::byte> const bytes = checks::encoded(many_big(100));
  CHECK(contains(refusal<many_big>(bytes), "bytes of memory"));
  many_big read;
  leat::input_archive own_bytes(bytes, std::size_t{1} << 20);
  own_bytes & read;
  CHECK(read.size() == 100);

  std::vector<many_big> const several(50, many_big(2));
  CHECK_THROWS_AS(leat::decode<std::vector<many_big>>(checks::encoded(several)), leat::codec_error);
}

TEST_CASE("input_archive: values that do not exist are refused") {
  CHECK(contains(refusal<bool>(bytes_of({2})), "a bool is 2"));
  CHECK_THROWS_AS(leat::decode<std::vector<bool>>(bytes_of({1, 0, 0, 0, 255})), leat::codec_error);
  CHECK_THROWS_AS(leat::decode<std::optional<int>>(bytes_of({3, 0, 0, 0, 0})), leat::codec_error);
  CHECK(contains(refusal<std::variant<std::monostate, bool>>(bytes_of({2})), "alternative 2 of a variant that has 2"));
  CHECK(contains(refusal<std::uint32_t>(bytes_of({1, 2, 3})), "needs 4 bytes, 3 are left"));
  CHECK(contains(refusal<std::uint8_t>(bytes_of({1, 2, 3})), "2 bytes are left after the value"));
}

TEST_CASE("input_archive: no tree is too deep for the stack") {
  tree deepest_allowed;
  for (int i = 0; i != 63; ++i) {
    tree parent;
    parent.children.push_back(std::move(deepest_allowed));
    deepest_allowed = std::move(parent);
  }
  std::vector<std::byte> const bytes = checks::encoded(deepest_allowed);
  CHECK(bytes.size() == 64 * 4);
  CHECK(leat::decode<tree>(bytes).children.size() == 1);

  tree too_deep;
  too_deep.children.push_back(deepest_allowed);
  CHECK_THROWS_AS(checks::encoded(too_deep), leat::codec_error);

  std::vector<std::byte> one_too_deep;
  for (int i = 0; i != 64; ++i)
    for (std::byte const each : bytes_of({1, 0, 0, 0})) one_too_deep.push_back(each);
  for (std::byte const each : bytes_of({0, 0, 0, 0})) one_too_deep.push_back(each);
  CHECK(contains(refusal<tree>(one_too_deep), "more than 64 types"));

  std::vector<std::byte> hostile_tree;
  for (int i = 0; i != 100'000; ++i)
    for (std::byte const each : bytes_of({1, 0, 0, 0})) hostile_tree.push_back(each);
  CHECK(contains(refusal<tree>(hostile_tree), "more than 64 types"));
}

TEST_CASE("input_archive: random bytes are decoded or refused, nothing else") {
  using every_type =
      std::vector<std::pair<std::string, std::variant<std::monostate, std::map<std::uint8_t, std::vector<bool>>,
                                                      std::optional<std::deque<std::uint16_t>>>>>;
  std::uint64_t state = 88172645463325252u;
  auto const random = [&state] {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  };
  std::size_t decoded = 0;
  std::size_t refused = 0;
  every_type const good{{"ab", {}},
                        {"", std::map<std::uint8_t, std::vector<bool>>{{1, {true}}, {2, {}}}},
                        {"c", std::optional<std::deque<std::uint16_t>>{{1, 2}}}};
  std::vector<std::byte> const bytes = checks::encoded(good);
  for (int round = 0; round != 20'000; ++round) {
    std::vector<std::byte> changed = checks::first_of(bytes, bytes.size() - (random() % 4 == 0 ? random() % 8 : 0));
    for (std::uint64_t i = random() % 3; i != 0; --i)
      changed[random() % changed.size()] = static_cast<std::byte>(random() % 3 == 0 ? random() : random() % 4);
    try {
      every_type const read = leat::decode<every_type>(changed);
      CHECK(leat::decode<every_type>(checks::encoded(read)) == read);
      ++decoded;
    } catch (leat::codec_error const&) {
      ++refused;
    }
  }
  CHECK(decoded > 1000);
  CHECK(refused > 1000);
}

TEST_CASE("input_archive: operators of both spellings, and what Boost's headers ask of an archive") {
  leat::byte_buffer bytes;
  {
    leat::output_archive to(bytes);
    static_assert(leat::output_archive::is_saving::value && !leat::output_archive::is_loading::value);
    int const numbers[2] = {5, 6};
    to << std::uint8_t{1} << std::string{"x"} & numbers;
    to.save_binary("end", 3);
    CHECK(to.get_library_version() > 0);
  }
  leat::input_archive from(bytes);
  static_assert(leat::input_archive::is_loading::value && !leat::input_archive::is_saving::value);
  std::uint8_t byte = 0;
  std::string x;
  int numbers[2] = {};
  char end[3] = {};
  from >> byte >> x;
  from & numbers;
  from.load_binary(end, 3);
  CHECK(byte == 1);
  CHECK(x == "x");
  CHECK(numbers[1] == 6);
  CHECK(std::string(end, 3) == "end");
  CHECK(from.left() == 0);
}

}  // namespace
