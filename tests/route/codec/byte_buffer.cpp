// SPDX-License-Identifier: BSL-1.0
#include <leat/route/codec/byte_buffer.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>

namespace {

std::string text_of(leat::byte_buffer const& bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

TEST_CASE("byte_buffer: grows, keeps what it holds, and keeps its memory when cleared") {
  leat::byte_buffer bytes;
  CHECK(bytes.empty());
  std::string expected;
  for (int i = 0; i != 1000; ++i) {
    bytes.append("abc", 3);
    expected += "abc";
  }
  CHECK(text_of(bytes) == expected);
  std::size_t const capacity = bytes.capacity();
  bytes.clear();
  CHECK(bytes.empty());
  CHECK(bytes.capacity() == capacity);
  bytes.append(nullptr, 0);
  CHECK(bytes.empty());
}

TEST_CASE("byte_buffer: room is written in place") {
  leat::byte_buffer bytes;
  bytes.make_room(10);
  CHECK(bytes.room() >= 10);
  bytes.end()[0] = std::byte{'x'};
  bytes.set_end(bytes.end() + 1);
  CHECK(text_of(bytes) == "x");
}

TEST_CASE("byte_buffer: begins in lent memory and leaves it when that is full") {
  std::array<std::byte, 4> borrowed{};
  leat::byte_buffer bytes{std::span<std::byte>(borrowed)};
  bytes.append("abcd", 4);
  CHECK(bytes.data() == borrowed.data());
  bytes.append("e", 1);
  CHECK(bytes.data() != borrowed.data());
  CHECK(text_of(bytes) == "abcde");
}

TEST_CASE("byte_buffer: moves leave an empty buffer behind") {
  leat::byte_buffer first;
  first.append("abc", 3);
  leat::byte_buffer second(std::move(first));
  CHECK(text_of(second) == "abc");
  leat::byte_buffer third;
  third = std::move(second);
  CHECK(text_of(third) == "abc");
}

}  // namespace
