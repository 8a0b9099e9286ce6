// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>
#include <leat/run/bridge/bridge_session.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using leat::detail::bridge_refused;
using leat::detail::bridge_session;
using leat::detail::digest;

namespace {

constexpr std::string_view secret = "5c0e8be1 a sentence of the test";
using bytes = std::vector<std::byte>;

void add(bytes& to, std::span<std::byte const> more) { to.insert(to.end(), more.begin(), more.end()); }
bytes text(std::string_view of) {
  bytes made;
  add(made, std::as_bytes(std::span(of)));
  return made;
}

bytes taken(bridge_session& from) {
  bytes out;
  add(out, from.outgoing());
  from.sent(out.size());
  return out;
}

digest derived(std::string_view label, std::span<std::byte const> both) {
  std::array<std::byte, 32> padded{};
  std::memcpy(padded.data(), label.data(), label.size());
  return leat::detail::hmac_sha256(std::as_bytes(std::span(secret)), padded, both);
}

/// What a good bridge says to a session whose random bytes are all zero: its hello, its verdict, two results.
struct good_bridge {
  good_bridge() {
    std::fill_n(both.begin() + 32, 32, std::byte{9});
    add(said, text("leat bridge 1\n\n\n"));
    add(said, std::span(both).last(32));
    said.push_back(std::byte{1});
    add(said, derived("leat bridge who answers proves", both));
    result(4, "four");
    result(5, "");
  }

  void result(std::uint64_t number, std::string_view body) {
    auto const size = static_cast<std::uint32_t>(body.size());
    std::array<std::byte, 21> header{};
    std::memcpy(header.data(), &frames, sizeof frames);
    std::memcpy(header.data() + 8, &size, sizeof size);
    std::memcpy(header.data() + 12, &number, sizeof number);
    header[20] = std::byte{3};
    ++frames;
    add(said, std::span(header).subspan(8));
    add(said, text(body));
    digest const seal = leat::detail::hmac_sha256(derived("leat bridge replies", both), header, text(body));
    add(said, std::span(seal).first(16));
  }

  std::array<std::byte, 64> both{};
  std::uint64_t frames = 0;
  bytes said;
};

/// The bodies of the results that a session hears, in pieces of this size.
std::vector<std::string> heard(bytes const& said, std::size_t piece) {
  bridge_session session(secret, {});
  std::vector<std::string> bodies;
  for (std::size_t at = 0; at < said.size(); at += piece) {
    session.received(std::span(said).subspan(at, (std::min)(piece, said.size() - at)));
    while (std::optional<bridge_session::reply> const reply = session.next())
      bodies.emplace_back(reinterpret_cast<char const*>(reply->body.data()), reply->body.size());
  }
  return bodies;
}

}  // namespace

TEST_CASE("bridge session: a program says hello, proves itself to who has said hello, and calls once both have") {
  good_bridge const bridge;
  bridge_session session(secret, {});
  CHECK(taken(session).size() == 48);
  session.received(std::span(bridge.said).first(48));
  CHECK_FALSE(session.next());
  digest const proof = derived("leat bridge who asks proves", bridge.both);
  CHECK(taken(session) == bytes(proof.begin(), proof.end()));
  CHECK_FALSE(session.ready());
  session.received(std::span(bridge.said).subspan(48, 33));
  CHECK_FALSE(session.next());
  CHECK(session.ready());
  session.call(7, 2, text("abc"));
  bytes const call = taken(session);
  REQUIRE(call.size() == 13 + 4 + 3 + 16);
  CHECK(call[4] == std::byte{7});
  CHECK(call[12] == std::byte{2});
  std::array<std::byte, 21> header{};
  std::copy_n(call.begin(), 13, header.begin() + 8);
  digest const seal =
      leat::detail::hmac_sha256(derived("leat bridge calls", bridge.both), header, std::span(call).subspan(13, 7));
  CHECK(std::equal(call.end() - 16, call.end(), seal.begin()));
}

TEST_CASE("bridge session: what is heard does not depend on how it is cut") {
  good_bridge const bridge;
  for (std::size_t const piece : {1u, 2u, 3u, 7u, 16u, 48u, 49u, 1000u})
    CHECK(heard(bridge.said, piece) == std::vector<std::string>{"four", ""});
  for (std::size_t cut = 0; cut != bridge.said.size(); ++cut)
    CHECK(heard(bytes(bridge.said.begin(), bridge.said.begin() + static_cast<std::ptrdiff_t>(cut)), 1000).size() < 2);
}

TEST_CASE("bridge session: a change of any byte is noticed, or is waited behind") {
  good_bridge const bridge;
  for (std::size_t at = 0; at != bridge.said.size(); ++at) {
    bytes changed = bridge.said;
    changed[at] ^= std::byte{0x41};
    std::vector<std::string> bodies;
    try {
      bodies = heard(changed, 1000);
      CHECK(bodies.size() < 2);  // a size that is too large, of what has not come yet
    } catch (bridge_refused const&) {
    }
    if (at < 81 + 33) CHECK(bodies.empty());
  }
}

TEST_CASE("bridge session: a frame that is said twice, or left out, is noticed") {
  good_bridge const bridge;
  std::ptrdiff_t const first = 81;
  std::ptrdiff_t const second = first + 13 + 4 + 16;
  bytes twice(bridge.said.begin(), bridge.said.begin() + second);
  twice.insert(twice.end(), bridge.said.begin() + first, bridge.said.begin() + second);
  CHECK_THROWS_WITH_AS(heard(twice, 1000), "what it says was altered on its way", bridge_refused);
  bytes without(bridge.said.begin(), bridge.said.begin() + first);
  without.insert(without.end(), bridge.said.begin() + second, bridge.said.end());
  CHECK_THROWS_WITH_AS(heard(without, 1000), "what it says was altered on its way", bridge_refused);
}

TEST_CASE("bridge session: any bytes behind a good beginning are refused, or waited behind") {
  good_bridge const bridge;
  std::minstd_rand random(1);
  for (std::size_t const good : {0u, 16u, 48u, 49u, 81u, 100u}) {
    for (int i = 0; i != 200; ++i) {
      bytes said(bridge.said.begin(), bridge.said.begin() + static_cast<std::ptrdiff_t>(good));
      for (int n = 0; n != 200; ++n) said.push_back(static_cast<std::byte>(random()));
      std::vector<std::string> bodies;
      try {
        bodies = heard(said, 1 + random() % 100);
      } catch (bridge_refused const&) {
      }
      CHECK(bodies.empty());
    }
  }
}
