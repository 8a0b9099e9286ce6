// SPDX-License-Identifier: BSL-1.0
#include <leat/route/peers/poly1305.hpp>

#include <doctest/doctest.h>

#include <leat/route/peers/chacha20.hpp>
#include <leat/route/peers/poly1305_seal.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using leat::detail::chacha20_block;
using leat::detail::poly1305;
using leat::detail::poly1305_seal;

namespace {

std::vector<std::byte> from_hex(std::string_view text) {
  std::vector<std::byte> bytes;
  auto const digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(16 * digit(text[i]) + digit(text[i + 1])));
  return bytes;
}
std::string hex(std::span<std::byte const> bytes) {
  std::string text;
  for (std::byte const b : bytes) {
    text += "0123456789abcdef"[std::to_integer<int>(b >> 4)];
    text += "0123456789abcdef"[std::to_integer<int>(b & std::byte{15})];
  }
  return text;
}
std::string tag_of(std::string_view key, std::span<std::byte const> message) {
  auto const bytes = from_hex(key);
  poly1305 tag(std::span<std::byte const>(bytes).first<32>());
  tag.add_last(message);
  return hex(tag.result());
}
std::string const zeros(32, '0');
std::string const ones(32, 'f');

}  // namespace

// RFC 8439, 2.5.2 and appendix A.3.
TEST_CASE("poly1305: the vectors of RFC 8439") {
  std::string const group = "Cryptographic Forum Research Group";
  CHECK(tag_of("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b", std::as_bytes(std::span(group))) ==
        "a8061dc1305136c6c22b8baf0c0127a9");
  CHECK(tag_of(zeros + zeros, std::vector<std::byte>(64)) == zeros);
  std::string const text =
      "Any submission to the IETF intended by the Contributor for publication as all or part of an IETF Internet-Draft "
      "or "
      "RFC and any statement made within the context of an IETF activity is considered an \"IETF Contribution\". Such "
      "statements include oral statements in IETF sessions, as well as written and electronic communications made at "
      "any "
      "time or place, which are addressed to";
  auto const bytes = std::as_bytes(std::span(text));
  CHECK(tag_of(zeros + "36e5f6b5c5e06070f0efca96227a863e", bytes) == "36e5f6b5c5e06070f0efca96227a863e");
  CHECK(tag_of("36e5f6b5c5e06070f0efca96227a863e" + zeros, bytes) == "f3477e7cd95417af89a6b8794c310cf0");
  // Sums that reach the modulus, or go beyond it.
  CHECK(tag_of("02000000000000000000000000000000" + zeros, from_hex(ones)) == "03000000000000000000000000000000");
  CHECK(tag_of("02000000000000000000000000000000" + ones, from_hex("02000000000000000000000000000000")) ==
        "03000000000000000000000000000000");
  CHECK(tag_of("01000000000000000000000000000000" + zeros,
               from_hex(ones + "f0ffffffffffffffffffffffffffffff" + "11000000000000000000000000000000")) ==
        "05000000000000000000000000000000");
  CHECK(tag_of("01000000000000000000000000000000" + zeros,
               from_hex(ones + "fbfefefefefefefefefefefefefefefe" + "01010101010101010101010101010101")) == zeros);
  CHECK(tag_of("02000000000000000000000000000000" + zeros, from_hex("fdffffffffffffffffffffffffffffff")) ==
        "faffffffffffffffffffffffffffffff");
  CHECK(tag_of("01000000000000000400000000000000" + zeros,
               from_hex("e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000000000000000"
                        "000001000000000000000000000000000000")) == "14000000000000005500000000000000");
  CHECK(
      tag_of("01000000000000000400000000000000" + zeros,
             from_hex(
                 "e33594d7505e43b900000000000000003394d7505e4379cd010000000000000000000000000000000000000000000000")) ==
      "13000000000000000000000000000000");
}

// RFC 8439, 2.3.2 and 2.6.2.
TEST_CASE("chacha20: the block and the one-time key of RFC 8439") {
  std::array<std::byte, 32> key{};
  for (std::size_t i = 0; i != key.size(); ++i) key[i] = static_cast<std::byte>(i);
  auto const nonce = from_hex("000000090000004a00000000");
  CHECK(hex(chacha20_block(key, 1, std::span<std::byte const>(nonce).first<12>())) ==
        "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2"
        "b5129cd1de164eb9cbd083e8a2503c4e");
  for (std::size_t i = 0; i != key.size(); ++i) key[i] = static_cast<std::byte>(0x80 + i);
  auto const other = from_hex("000000000001020304050607");
  auto const block = chacha20_block(key, 0, std::span<std::byte const>(other).first<12>());
  CHECK(hex(std::span(block).first(32)) == "8ad5a08b905f81cc815040274ab29471a833b637e3fd0da508dbb8e2fdd1a646");
}

TEST_CASE("a seal is that of one payload, header, place and key, in whatever pieces it is summed") {
  for (std::size_t const size : {0u, 8u, 16u, 24u, 32'768u}) {
    CAPTURE(size);
    std::vector<std::byte> payload(size, std::byte{7});
    std::vector<std::byte> const header(40, std::byte{9});
    poly1305_seal out(leat::detail::digest{std::byte{1}});
    poly1305_seal const in(leat::detail::digest{std::byte{1}});
    poly1305_seal const stranger(leat::detail::digest{std::byte{2}});
    std::array<std::byte, leat::detail::frame_seal::size> first{};
    std::array<std::byte, leat::detail::frame_seal::size> second{};
    auto sum = out.begin(payload);
    auto later = out.begin(payload);
    out.finish(later, header, 0, second.data());  // another worker was quicker
    out.finish(sum, header, 1, first.data());
    CHECK(in.good(payload, header, 0, second.data()));
    CHECK(in.good(payload, header, 1, first.data()));
    CHECK_FALSE(std::equal(first.begin() + 8, first.end(), second.begin() + 8));
    CHECK_FALSE(in.good(payload, header, 0, first.data()));
    CHECK_FALSE(in.good(payload, header, (std::uint64_t{1} << 32) + 1, first.data()));
    CHECK_FALSE(stranger.good(payload, header, 1, first.data()));
    if (size == 0) continue;
    payload[size - 1] ^= std::byte{0x80};
    CHECK_FALSE(in.good(payload, header, 1, first.data()));
  }
}
