// SPDX-License-Identifier: BSL-1.0
#include <leat/route/peers/peers.hpp>

#include <doctest/doctest.h>

#include "fixture/two_peers.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using leat::detail::frame_header;
using leat::detail::frame_type;
using leat::detail::mark_kind;
using leat::test::peers_and_stranger;
using leat::test::two_peers;

namespace {

/// Types that no service of leat's has.
constexpr frame_type a_type{200};
constexpr frame_type another_type{201};

/// Keeps what it is given, and goes on without lost processes.
struct recorder final : leat::detail::peer_service {
  void receive(unsigned process, leat::detail::incoming_frame&& frame) override {
    std::string const payload(reinterpret_cast<char const*>(frame.payload.data()), frame.payload.size());
    received.push_back(std::to_string(process) + ":" + std::to_string(frame.header.count) + ":" + payload);
  }
  void lose(unsigned process, leat::cluster_error const& error) override {
    lost.push_back(std::to_string(process) + ":" + error.what());
  }
  std::vector<std::string> received;
  std::vector<std::string> lost;
};

/// A service that cannot go on without any process.
struct needs_all final : leat::detail::peer_service {
  void receive(unsigned, leat::detail::incoming_frame&&) override {}
  void lose(unsigned, leat::cluster_error const& error) override { throw error; }
};

struct served : peers_and_stranger {
  served() { peers->serve({a_type}, service); }
  recorder service;
};

void put(leat::detail::peers& from, unsigned process, frame_type type, unsigned count, std::string const& payload) {
  frame_header header = frame_header::of(type);
  header.count = count;
  leat::byte_buffer frame = from.to(process).blank();
  frame.append(payload.data(), payload.size());
  from.to(process).put(std::move(frame), header);
}

}  // namespace

TEST_CASE("a frame's header is the same after the wire, whose bytes are fixed") {
  frame_header header;
  header.checksum = 0x95969798;
  header.sequence = 0x31323334;
  header.length = 0x01020304;
  header.type = frame_type::credit;
  header.set({mark_kind::end, 0x1122334455667788});
  header.hashed = 1;
  header.node = 7;
  header.from = 0x0a0b;
  header.to = 3;
  header.count = 99;
  header.messages = 5;
  header.set(leat::detail::stream_time{-2, 0x2122232425262728, true});
  std::vector<std::byte> bytes(frame_header::size);
  header.write(bytes.data());
  CHECK(bytes[0] == std::byte{0x98});
  CHECK(bytes[4] == std::byte{0x34});
  CHECK(bytes[8] == std::byte{4});
  CHECK(bytes[11] == std::byte{1});
  CHECK(bytes[20] == std::byte{0x0b});
  CHECK(bytes[15] == std::byte{1});
  CHECK(bytes[32] == std::byte{0x88});
  CHECK(bytes[40] == std::byte{0xfe});
  CHECK(bytes[47] == std::byte{0xff});
  CHECK(bytes[48] == std::byte{0x28});
  frame_header const back = frame_header::read(bytes.data());
  CHECK(back.checksum == header.checksum);
  CHECK(back.sequence == header.sequence);
  CHECK(back.length == header.length);
  CHECK(back.type == frame_type::credit);
  CHECK(back.end_mark().kind == mark_kind::end);
  CHECK(back.end_mark().epoch == 0x1122334455667788);
  CHECK(back.hashed == 1);
  CHECK(back.node == 7);
  CHECK(back.from == 0x0a0b);
  CHECK(back.to == 3);
  CHECK(back.count == 99);
  CHECK(back.messages == 5);
  CHECK(back.time() == leat::detail::stream_time{-2, 0x2122232425262728, true});
  CHECK_FALSE(frame_header().time().says_something());
}

TEST_CASE("processes with nothing to send to each other stay together by heartbeats") {
  two_peers pair(1000);
  needs_all service;
  pair.peers_of[0]->serve({a_type}, service);
  pair.exchange();
  for (int i = 0; i != 1000; ++i) {
    pair.now = std::max(pair.peers_of[0]->wake_at(), pair.peers_of[1]->wake_at());
    CHECK_NOTHROW(pair.exchange());
  }
  CHECK(pair.now > leat::steady_time(std::chrono::seconds(1000)));
  std::string failure;
  try {
    for (;; pair.now += std::chrono::seconds(1)) pair.exchange_of_first();
  } catch (leat::cluster_error const& error) {
    failure = error.what();
  }
  CHECK(failure == "process 1 was lost: nothing has been heard of it for 15 s");
}

TEST_CASE("a heartbeat of another number of workers is refused") {
  peers_and_stranger pair;
  frame_header header;
  header.type = frame_type::heartbeat;
  header.count = 1;
  pair.send(header, "12345678");
  CHECK(pair.turn() == "");
  pair.send(header, "1234567");
  CHECK(pair.turn().ends_with("a heartbeat of another number of workers"));
}

TEST_CASE("a frame that was changed on its way, left out or sent twice is refused") {
  frame_header good;
  good.type = a_type;
  good.length = 4;
  std::vector<std::byte> const frame = peers_and_stranger::framed(good, "abcd");
  CHECK(frame.size() == frame_header::size + 8);  // padded
  for (std::size_t i = 0; i != frame.size(); ++i) {
    CAPTURE(i);
    served pair;
    std::vector<std::byte> changed = frame;
    changed[i] ^= std::byte{0x10};
    pair.send_bytes(changed);
    bool const length_is_larger_now = i == 8 || i == 9 || i == 10;
    CHECK(pair.turn().ends_with(length_is_larger_now ? ""
                                : i == 11            ? "a frame that is too long"
                                                     : "a frame whose checksum is wrong"));
  }
  {
    served pair;
    pair.sent = 1;
    pair.send(good, "abcd");
    CHECK(pair.turn().ends_with("frame 1 came where frame 0 was due"));
  }
  served pair;
  pair.send(good, "abcd");
  pair.send(good, "abcd");
  pair.send_bytes(peers_and_stranger::framed(good, "abcd"));
  CHECK(pair.turn().ends_with("frame 0 came where frame 2 was due"));
}

TEST_CASE("a sealed frame that was altered, left out, sent twice, or is of the other direction is refused") {
  using leat::detail::frame_seal;
  struct honest_and_stranger : peers_and_stranger {
    honest_and_stranger() : peers_and_stranger(1 << 20, true) { peers->serve({a_type}, service); }
    recorder service;
    static std::vector<std::byte> sealed(frame_seal& seal, std::uint32_t sequence) {
      frame_header header;
      header.type = a_type;
      header.sequence = sequence;
      std::vector<std::byte> bytes(frame_header::size + frame_seal::size);
      header.write(bytes.data());
      auto sum = seal.begin({});
      seal.finish(sum, {bytes.data(), frame_header::size}, sequence, bytes.data() + frame_header::size);
      return bytes;
    }
  };
  auto const seals = leat::test::seals_of(1);  // of the process that the stranger plays
  auto const good = [&](std::uint32_t sequence) { return honest_and_stranger::sealed(*seals[0].out, sequence); };
  auto const outcome = [](std::vector<std::vector<std::byte>> const& frames) {
    honest_and_stranger trio;
    std::string thrown;
    for (auto const& frame : frames) {
      trio.send_bytes(frame);
      thrown = trio.turn();
    }
    return thrown;
  };
  std::string const unproved =
      "process 1 does not speak as this program does: a frame that the key of this connection "
      "does not prove: it was altered, or is not its own";
  CHECK(outcome({good(0), good(1), good(2)}) == "");
  CHECK(outcome({good(1)}) == unproved);
  CHECK(outcome({good(0), good(0)}) == unproved);
  CHECK(outcome({good(0), good(2)}) == unproved);
  CHECK(outcome({honest_and_stranger::sealed(*seals[0].in, 0)}) == unproved);
  for (std::size_t place = 0; place != frame_header::size + frame_seal::size; ++place) {
    if (place >= 8 && place < 12) continue;  // the length: then more is waited for, or it is too long
    CAPTURE(place);
    std::vector<std::byte> altered = good(0);
    altered[place] ^= std::byte{1};
    CHECK(outcome({altered}) == unproved);
  }
}

TEST_CASE("each service receives the frames of its types, in the order in which they were sent") {
  for (bool const sealed : {false, true})
    for (std::size_t const capacity : {1u, 63u, 100'000u}) {
      CAPTURE(capacity);
      two_peers pair(capacity, sealed);
      recorder first;
      recorder second;
      pair.peers_of[1]->serve({a_type}, first);
      pair.peers_of[1]->serve({another_type}, second);
      put(*pair.peers_of[0], 1, a_type, 1, "abc");
      put(*pair.peers_of[0], 1, another_type, 2, "");
      put(*pair.peers_of[0], 1, a_type, 3, std::string(5000, 'x'));
      pair.exchange();
      CHECK(first.received == std::vector<std::string>{"0:1:abc", "0:3:" + std::string(5000, 'x')});
      CHECK(second.received == std::vector<std::string>{"0:2:"});
    }
}

TEST_CASE("a type of frames has one service") {
  two_peers pair;
  recorder first;
  recorder second;
  pair.peers_of[0]->serve({a_type}, first);
  CHECK_THROWS_AS(pair.peers_of[0]->serve({a_type}, second), std::logic_error);
  CHECK_THROWS_AS(pair.peers_of[0]->serve({frame_type::heartbeat}, second), std::logic_error);
}

TEST_CASE("a frame that no service has asked for, or that is too long, is refused with a sentence") {
  {
    peers_and_stranger pair;
    pair.send(frame_header::of(static_cast<frame_type>(77)));
    CHECK(pair.turn() == "process 1 does not speak as this program does: a frame of unknown type 77");
  }
  {
    peers_and_stranger pair;
    frame_header header;
    header.length = std::numeric_limits<std::uint32_t>::max();
    pair.send_bytes(peers_and_stranger::framed(header));
    CHECK(pair.turn().ends_with("a frame that is too long"));
  }
  {
    served pair;
    pair.send(frame_header::of(a_type), "served");
    CHECK(pair.turn() == "");
    pair.peers->end_service(pair.service);
    pair.send(frame_header::of(a_type));
    CHECK(pair.turn().ends_with("a frame of unknown type 200"));
    CHECK(pair.service.received == std::vector<std::string>{"1:0:served"});
  }
}

TEST_CASE("a lost process is the matter of the services: one goes on, and is told once") {
  served pair;
  pair.stranger.reset();
  CHECK(pair.turn() == "");
  CHECK(pair.service.lost == std::vector<std::string>{"1:process 1 was lost: it was closed by the other side"});
  CHECK(pair.peers->is_lost(1));
  put(*pair.peers, 1, a_type, 0, "for nobody");
  CHECK(pair.turn() == "");
  CHECK(pair.peers->to(1).empty());
  CHECK(pair.service.lost.size() == 1);
}

TEST_CASE("all services are told of a lost process, also when one of them cannot go on") {
  peers_and_stranger pair;
  needs_all first;
  recorder second;
  pair.peers->serve({a_type}, first);
  pair.peers->serve({another_type}, second);
  pair.stranger.reset();
  CHECK(pair.turn() == "process 1 was lost: it was closed by the other side");
  CHECK(second.lost.size() == 1);
}

TEST_CASE("when nothing more is expected of a process, its end is no loss") {
  served pair;
  pair.peers->expect(1, false);
  pair.stranger.reset();
  CHECK(pair.turn() == "");
  CHECK_FALSE(pair.peers->is_lost(1));
  CHECK(pair.service.lost.empty());
}

TEST_CASE("after the last frame no heartbeat is sent") {
  two_peers pair(1000);
  recorder service;
  pair.peers_of[1]->serve({a_type}, service);
  pair.exchange();
  pair.peers_of[0]->send_last_to_all(a_type);
  pair.exchange();
  CHECK(service.received == std::vector<std::string>{"0:0:"});
  for (int i = 0; i != 20 && service.lost.empty(); ++i) {
    pair.now += std::chrono::seconds(1);
    pair.exchange();
  }
  CHECK(service.lost == std::vector<std::string>{"0:process 0 was lost: nothing has been heard of it for 15 s"});
}
