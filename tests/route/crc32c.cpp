// SPDX-License-Identifier: BSL-1.0
#include <leat/route/peers/crc32c.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

using leat::detail::crc32c;
using leat::detail::crc32c_by_table;

namespace {

std::vector<std::byte> noise(std::size_t count) {
  std::vector<std::byte> bytes(count);
  std::uint32_t state = 1;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>((state = state * 1664525u + 1013904223u) >> 24);
  return bytes;
}

}  // namespace

TEST_CASE("the checksum is that of the standard") {
  CHECK(crc32c({}) == 0);
  std::string_view const digits = "123456789";
  CHECK(crc32c(std::as_bytes(std::span(digits))) == 0xe3069283u);  // the catalogue's check value
  std::vector<std::byte> const zeros(32);
  CHECK(crc32c(zeros) == 0x8a9136aau);  // RFC 3720, B.4
}

TEST_CASE("with the processor's help or without, in one piece or several, it is the same") {
  std::vector<std::byte> const bytes = noise(20'000);
  for (std::size_t count :
       {1u, 7u, 8u, 9u, 255u, 256u, 257u, 511u, 512u, 1000u, 3071u, 3072u, 3073u, 6144u, 9999u, 20'000u}) {
    CAPTURE(count);
    std::span<std::byte const> const part = std::span(bytes).first(count);
    std::uint32_t const expected = ~crc32c_by_table(~0u, part.data(), part.size());
    CHECK(crc32c(part) == expected);
#ifdef LEAT_X86
    if (leat::detail::has_crc32c())
      CHECK(~leat::detail::crc32c_by_instruction(~0u, part.data(), part.size()) == expected);
#endif
    std::size_t const half = count / 3;
    CHECK(crc32c(part.subspan(half), crc32c(part.first(half))) == crc32c(part));
  }
}
