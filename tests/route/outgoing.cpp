// SPDX-License-Identifier: BSL-1.0
#include <leat/route/peers/link.hpp>
#include <leat/route/peers/outgoing.hpp>

#include <doctest/doctest.h>

#include <leat/route/peers/crc32c.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <thread>
#include <vector>

using leat::byte_buffer;
using leat::detail::frame_header;
using leat::detail::frame_type;
using leat::detail::outgoing_frames;

namespace {

/// Takes so many bytes of what it is offered, and keeps them.
class narrow final : public leat::connection {
 public:
  std::size_t send(std::span<piece const> pieces) override {
    ++calls;
    std::size_t taken = 0;
    for (piece const& part : pieces) {
      std::size_t const portion = std::min(part.size(), room - taken);
      bytes.insert(bytes.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(portion));
      taken += portion;
      if (portion != part.size()) break;
    }
    return taken;
  }
  std::size_t receive(std::span<std::byte>) override { return 0; }
  bool open() const override { return true; }

  std::size_t room = 1 << 20;  ///< of one call
  unsigned calls = 0;
  std::vector<std::byte> bytes;
};

byte_buffer frame_of(outgoing_frames& out, std::string const& payload) {
  byte_buffer frame = out.blank();
  frame.append(payload.data(), payload.size());
  return frame;
}

/// The payloads of the frames, in order; none is broken.
std::vector<std::string> payloads(std::span<std::byte const> bytes) {
  std::vector<std::string> found;
  std::uint32_t due = 0;
  while (!bytes.empty()) {
    REQUIRE(bytes.size() >= frame_header::size);
    frame_header const header = frame_header::read(bytes.data());
    CHECK(header.sequence == due++);
    std::size_t const whole = frame_header::size + header.padded_length();
    REQUIRE(bytes.size() >= whole);
    auto const padded = bytes.subspan(frame_header::size, header.padded_length());
    CHECK(header.checksum == frame_header::checksum_of(bytes.data(), leat::detail::crc32c(padded)));
    for (std::byte const each : padded.subspan(header.length)) CHECK(each == std::byte{0});
    found.emplace_back(reinterpret_cast<char const*>(padded.data()), header.length);
    bytes = bytes.subspan(whole);
  }
  return found;
}

}  // namespace

TEST_CASE("frames go out whole, numbered, padded and summed, as many together as there are") {
  outgoing_frames out;
  narrow link;
  CHECK(out.empty());
  CHECK_FALSE(out.write(link));
  std::vector<std::string> lines;
  for (std::size_t i = 0; i != 100; ++i) {
    lines.push_back(std::string(i % 20, static_cast<char>('a' + i % 26)));
    out.put(frame_of(out, lines.back()), frame_header());
  }
  CHECK_FALSE(out.empty());
  CHECK(out.write(link));
  CHECK(out.empty());
  CHECK(payloads(link.bytes) == lines);
  CHECK(link.calls == 2);  // of 64 at most
}

TEST_CASE("what a connection refuses goes on where it stopped, wherever that is in a frame") {
  for (std::size_t const room : {1u, 7u, 39u, 40u, 41u, 100u}) {
    CAPTURE(room);
    outgoing_frames out;
    narrow link;
    link.room = room;
    std::vector<std::string> lines;
    for (std::size_t i = 0; i != 30; ++i) {
      lines.push_back("frame " + std::to_string(i * i * i));
      out.put(frame_of(out, lines.back()), frame_header());
      bool const wrote = out.write(link);
      CHECK(wrote);
      CHECK(out.blocked() == !out.empty());
    }
    while (!out.empty()) REQUIRE(out.write(link));
    CHECK_FALSE(out.blocked());
    CHECK(payloads(link.bytes) == lines);
  }
}

TEST_CASE("what is not urgent may wait until something urgent comes or the rest of a frame is due") {
  outgoing_frames out;
  narrow link;
  CHECK(out.nothing_urgent());
  out.put(frame_header(), false);
  CHECK(out.nothing_urgent());
  CHECK_FALSE(out.empty());
  out.put(frame_header(), true);
  CHECK_FALSE(out.nothing_urgent());
  link.room = 10;
  out.write(link);
  CHECK_FALSE(out.nothing_urgent());  // a frame has been begun
  link.room = 1000;
  out.write(link);
  CHECK(out.nothing_urgent());
  CHECK(out.empty());
  CHECK(payloads(link.bytes) == std::vector<std::string>{"", ""});
}

TEST_CASE("buffers are used again, but few, and none that is large") {
  outgoing_frames out;
  narrow link;
  std::byte const* const first = [&] {
    byte_buffer frame = frame_of(out, "abc");
    std::byte const* const at = frame.data();
    out.put(std::move(frame), frame_header());
    return at;
  }();
  out.write(link);
  CHECK(out.blank().data() == first);
  out.put(frame_of(out, std::string(1 << 20, 'x')), frame_header());
  out.write(link);
  CHECK(out.blank().capacity() <= 256 * 1024);
}

TEST_CASE("several threads put frames in while one sends: none is lost, and those of each thread stay in order") {
  outgoing_frames out;
  narrow link;
  link.room = 333;
  constexpr int frames_each = 2000;
  std::vector<std::thread> senders;
  for (char name : {'a', 'b', 'c'})
    senders.emplace_back([&out, name] {
      for (int i = 0; i != frames_each; ++i)
        out.put(frame_of(out, name + std::to_string(i)), frame_header(), i % 3 == 0);
    });
  std::size_t const least = 3 * frames_each * frame_header::size;
  while (link.bytes.size() < least || !out.empty())
    if (!out.write(link)) std::this_thread::yield();
  for (std::thread& sender : senders) sender.join();
  while (out.write(link)) {
  }
  int next[3] = {};
  std::vector<std::string> const texts = payloads(link.bytes);
  CHECK(texts.size() == 3 * frames_each);
  bool in_order = true;
  for (std::string const& payload : texts)
    in_order = in_order && payload.substr(1) == std::to_string(next[static_cast<std::size_t>(payload[0] - 'a')]++);
  CHECK(in_order);
}
