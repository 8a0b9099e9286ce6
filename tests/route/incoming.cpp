// SPDX-License-Identifier: BSL-1.0
#include <leat/route/peers/incoming.hpp>

#include <doctest/doctest.h>

#include <leat/route/exchange/inbox.hpp>
#include <leat/route/peers/outgoing.hpp>

#include "fixture/memory_link.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

using leat::byte_buffer;
using leat::detail::frame_header;
using leat::detail::inbox;
using leat::detail::incoming_frame;
using leat::detail::incoming_frames;
using leat::detail::outgoing_frames;

namespace {

/// Gives what it holds in pieces of a given length.
class source_of_bytes final : public leat::connection {
 public:
  std::size_t send(std::span<piece const> pieces) override {
    std::size_t taken = 0;
    for (piece const& part : pieces) {
      bytes.insert(bytes.end(), part.begin(), part.end());
      taken += part.size();
    }
    return taken;
  }
  std::size_t receive(std::span<std::byte> into) override {
    largest_room = std::max(largest_room, into.size());
    std::size_t const portion = std::min({into.size(), piece_length, bytes.size() - given});
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(given), portion, into.begin());
    given += portion;
    return portion;
  }
  bool open() const override { return true; }

  std::vector<std::byte> bytes;
  std::size_t given = 0;
  std::size_t piece_length = 1 << 30;
  std::size_t largest_room = 0;
};

void log(leat::connection& to, outgoing_frames& out, std::string const& payload) {
  byte_buffer frame = out.blank();
  frame.append(payload.data(), payload.size());
  out.put(std::move(frame), frame_header());
  out.write(to);
}

std::string text_of(incoming_frame const& frame) {
  return {reinterpret_cast<char const*>(frame.payload.data()), frame.payload.size()};
}

std::vector<std::string> read_all(incoming_frames& in, leat::connection& from) {
  std::vector<std::string> got;
  while (in.read(from, [&](incoming_frame frame) {
    got.push_back(text_of(frame));
    return true;
  }) != 0) {
  }
  return got;
}

std::string refusal_of(std::size_t changed) {
  source_of_bytes link;
  outgoing_frames out;
  log(link, out, "12345678");
  link.bytes[changed] ^= std::byte{1};
  incoming_frames in(3);
  try {
    read_all(in, link);
  } catch (leat::cluster_error const& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("frames are found whatever pieces they come in, small ones and ones larger than what is read at once") {
  for (std::size_t const length : {1u, 13u, 40u, 1000u, 1u << 30}) {
    CAPTURE(length);
    source_of_bytes link;
    link.piece_length = length;
    outgoing_frames out;
    std::vector<std::string> lines;
    for (std::size_t i = 0; i != 20; ++i) lines.push_back(std::string(i * i, static_cast<char>('a' + i)));
    if (length > 1) lines.push_back(std::string(300'000, 'x'));
    lines.emplace_back("last");
    for (std::string const& each : lines) log(link, out, each);
    incoming_frames in(1);
    CHECK(read_all(in, link) == lines);
  }
}

TEST_CASE("a frame lies where it was read into, aligned, and stays while somebody holds it") {
  source_of_bytes link;
  outgoing_frames out;
  incoming_frames in(1);
  std::vector<incoming_frame> held;
  for (std::size_t i = 0; i != 200; ++i) {
    log(link, out, std::string(5000, static_cast<char>('a' + i % 26)));
    in.read(link, [&](incoming_frame frame) {
      held.push_back(std::move(frame));
      return true;
    });
  }
  REQUIRE(held.size() == 200);
  for (std::size_t i = 0; i != held.size(); ++i) {
    CHECK(reinterpret_cast<std::uintptr_t>(held[i].payload.data()) % 8 == 0);
    CHECK(text_of(held[i]) == std::string(5000, static_cast<char>('a' + i % 26)));
  }
}

TEST_CASE("memory is used again when nobody holds a frame of it") {
  source_of_bytes link;
  outgoing_frames out;
  incoming_frames in(1);
  std::byte const* lowest = nullptr;
  std::byte const* highest = nullptr;
  for (std::size_t i = 0; i != 1000; ++i) {
    log(link, out, std::string(5000, 'x'));
    in.read(link, [&](incoming_frame frame) {
      std::byte const* const at = frame.payload.data();
      lowest = lowest == nullptr ? at : std::min(lowest, at);
      highest = std::max(highest, at);
      return true;
    });
  }
  CHECK(highest - lowest < 1 << 20);  // 5 MB came
}

TEST_CASE("after the frame that was the last nothing is looked at") {
  source_of_bytes link;
  outgoing_frames out;
  for (char const* each : {"first", "last", "behind"}) log(link, out, each);
  incoming_frames in(1);
  std::vector<std::string> got;
  in.read(link, [&](incoming_frame frame) {
    got.push_back(text_of(frame));
    return got.back() != "last";
  });
  CHECK(got == std::vector<std::string>{"first", "last"});
}

TEST_CASE("what is changed, too long, or not the next frame is refused") {
  std::string const beginning = "process 3 does not speak as this program does: ";
  CHECK(refusal_of(frame_header::size) == beginning + "a frame whose checksum is wrong");  // the payload
  CHECK(refusal_of(0) == beginning + "a frame whose checksum is wrong");
  CHECK(refusal_of(4) == beginning + "a frame whose checksum is wrong");  // its number
  CHECK(refusal_of(8 + 3) == beginning + "a frame that is too long");

  source_of_bytes link;
  outgoing_frames out;
  log(link, out, "once");
  std::vector<std::byte> const frame = link.bytes;
  link.bytes.insert(link.bytes.end(), frame.begin(), frame.end());
  incoming_frames in(3);
  std::string refusal;
  try {
    read_all(in, link);
  } catch (leat::cluster_error const& error) {
    refusal = error.what();
  }
  CHECK(refusal == beginning + "frame 0 came where frame 1 was due");
}

TEST_CASE("no more memory is made for a frame than it says, and none for one that says too much") {
  source_of_bytes link;
  outgoing_frames out;
  log(link, out, std::string(1 << 20, 'x'));
  link.piece_length = 100;
  incoming_frames in(1);
  CHECK(read_all(in, link).size() == 1);
  CHECK(link.largest_room < (1 << 20) + 256 * 1024);
}

TEST_CASE("an inbox gives messages in order, and takes no more than there is credit for") {
  auto const frame_of = [](std::uint32_t number, std::uint32_t count) {
    incoming_frame frame;
    frame.header.epoch = number;
    frame.header.count = count;
    frame.header.length = 8;
    frame.memory = leat::detail::slab(8);
    frame.payload = {frame.memory.data(), 8};
    return frame;
  };
  std::int64_t const cost = static_cast<std::int64_t>(frame_header::size) + 8;
  inbox box(static_cast<std::size_t>(cost) + 1);
  CHECK(box.empty());
  CHECK(box.put(frame_of(0, 1)));
  CHECK(box.put(frame_of(1, 1)));  // the last one may take it below zero
  CHECK_FALSE(box.put(frame_of(2, 1)));
  for (std::uint32_t i = 2; i != 64; ++i) CHECK(box.put(frame_of(i, 0)));  // marks cost nothing
  CHECK_FALSE(box.put(frame_of(64, 0)));                                   // but are bounded
  incoming_frame got;
  for (std::uint64_t i = 0; i != 64; ++i) {
    REQUIRE(box.take(got));
    CHECK(got.header.epoch == i);
  }
  CHECK_FALSE(box.take(got));
  CHECK(box.empty());
  box.give_back(2 * cost, 64);
  for (std::uint32_t i = 0; i != 1000; ++i) {  // one always waits: its list does not grow
    REQUIRE(box.put(frame_of(i, 0)));
    if (i == 0) continue;
    REQUIRE(box.take(got));
    CHECK(got.header.epoch == i - 1);
    box.give_back(0, 1);
  }
}
