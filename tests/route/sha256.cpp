// SPDX-License-Identifier: BSL-1.0
#include <leat/route/formation/sha256.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <string>

using leat::detail::digest;
using leat::detail::hmac_sha256;
using leat::detail::sha256;

namespace {

std::span<std::byte const> bytes(std::string const& text) { return std::as_bytes(std::span(text)); }

std::string hex(digest const& value) {
  std::string text;
  for (std::byte byte : value) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4];
    text += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

}  // namespace

TEST_CASE("SHA-256 is that of FIPS 180-4") {
  CHECK(hex(sha256().result()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256().add(bytes("abc")).result()) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(sha256().add(bytes("abcdbcdecdefdefgefghfghighij")).add(bytes("hijkijkljklmklmnlmnomnopnopq")).result()) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex(sha256().add(bytes(std::string(1'000'000, 'a'))).result()) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("HMAC is that of RFC 4231") {
  // Its test cases 1, 2 and 6.
  CHECK(hex(hmac_sha256(bytes(std::string(20, '\x0b')), bytes("Hi There"))) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(hmac_sha256(bytes("Jefe"), bytes("what do ya want "), bytes("for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(hmac_sha256(bytes(std::string(131, '\xaa')),
                        bytes("Test Using Larger Than Block-Size Key - Hash Key First"))) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("digests are the same when all bytes are") {
  digest const first = sha256().add(bytes("one")).result();
  digest other = first;
  CHECK(leat::detail::same_bytes(first, other));
  other.back() ^= std::byte{1};
  CHECK_FALSE(leat::detail::same_bytes(first, other));
  CHECK_FALSE(leat::detail::same_bytes(first, std::span(first).first(31)));
}
