// SPDX-License-Identifier: BSL-1.0
#include <leat/route/control/control.hpp>

#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/two_peers.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using leat::detail::control;
using leat::detail::frame_header;
using leat::detail::frame_type;

namespace {

/// Two processes by hand.
struct two_controls : leat::test::two_peers {
  explicit two_controls(std::size_t capacity = 100) : two_peers(capacity), flow("flow") {
    flow.input("in", leat::from::iterable(std::vector{1})) | leat::output("out", leat::to::collect(unused));
    for (unsigned i = 0; i != 2; ++i) of[i] = std::make_unique<control>(*peers_of[i]);
  }
  void kill(unsigned process) {
    of[process].reset();
    peers_of[process].reset();
  }

  leat::flow flow;
  std::vector<int> unused;
  std::unique_ptr<control> of[2];
};

/// One process, and the other end of the connection in the hands of the test.
struct control_and_stranger : leat::test::peers_and_stranger {
  explicit control_and_stranger(std::size_t capacity = 1 << 20)
      : peers_and_stranger(capacity), here(std::make_unique<control>(*peers)) {}
  std::unique_ptr<control> here;
};

}  // namespace

TEST_CASE("a failure that is received is one, whatever status it names") {
  for (unsigned status : {0u, 1u, 75u, 76u, 200u}) {
    CAPTURE(status);
    control_and_stranger pair;
    frame_header header;
    header.type = frame_type::failure;
    leat::byte_buffer payload;
    leat::encode(std::tuple(1u, 1u, std::uint64_t{2}, std::string("f.step"), std::string("why"),
                            static_cast<std::uint8_t>(status), std::string("what"), std::string("kind")),
                 payload);
    pair.send(header, std::string(reinterpret_cast<char const*>(payload.data()), payload.size()));
    try {
      pair.peers->turn(pair.now);
      FAIL("the failure was not received");
    } catch (leat::cluster_error const& error) {
      CHECK((status == 75 || status == 76));
      CHECK(static_cast<unsigned>(error.exit_status) == status);
    } catch (leat::run_error const& error) {
      CHECK((status != 75 && status != 76));
      CHECK(error.step == "f.step");
    }
  }
}

TEST_CASE("processes may disconnect when all have sent their goodbye") {
  two_controls pair;
  pair.of[0]->send_goodbye();
  pair.exchange();
  CHECK_FALSE(pair.of[0]->may_disconnect());
  CHECK_FALSE(pair.of[1]->may_disconnect());
  pair.of[1]->send_goodbye();
  pair.exchange();
  CHECK(pair.of[0]->may_disconnect());
  CHECK(pair.of[1]->may_disconnect());
  pair.kill(0);
  CHECK_NOTHROW(pair.peers_of[1]->turn(pair.now));  // a closed link is no failure any more
}

TEST_CASE("a process that has sent its goodbye and is gone is not waited for, though it cannot receive ours") {
  control_and_stranger pair(10);  // bytes at once: none of ours comes through whole
  pair.here->send_goodbye();
  CHECK(pair.turn() == "");
  frame_header goodbye;
  goodbye.type = frame_type::goodbye;
  std::vector<std::byte> const frame = control_and_stranger::framed(goodbye);
  for (std::size_t at = 0; at < frame.size(); at += 10) {
    auto const begin = frame.begin() + static_cast<std::ptrdiff_t>(at);
    pair.send_bytes({begin, begin + static_cast<std::ptrdiff_t>((std::min<std::size_t>)(10, frame.size() - at))});
    CHECK(pair.turn() == "");
  }
  CHECK_FALSE(pair.here->may_disconnect());
  pair.stranger.reset();
  CHECK(pair.turn() == "");
  CHECK(pair.here->may_disconnect());
}

TEST_CASE("a process that has sent its goodbye and is gone takes nothing more, and is not waited for") {
  control_and_stranger pair(1000);
  frame_header goodbye;
  goodbye.type = frame_type::goodbye;
  pair.send(goodbye);
  CHECK(pair.turn() == "");
  CHECK_FALSE(pair.peers->expects(1));
  pair.stranger.reset();
  // Heartbeats: the link takes a few, and then nobody takes them from it.
  for (int i = 0; i != 100; ++i) {
    pair.now += std::chrono::seconds(1);
    CHECK(pair.turn() == "");
  }
  CHECK(pair.peers->flush(1));
}

TEST_CASE("a process that does not read is not sent a failure for longer than a second") {
  control_and_stranger pair;
  leat::detail::process_failure failure;
  failure.text = std::string(2u << 20, 'x');  // more than the link takes
  CHECK_FALSE(pair.here->exchange_failures(failure, pair.now));
  CHECK(pair.here->failures_until() == pair.now + std::chrono::seconds(1));
  pair.now += std::chrono::milliseconds(999);
  CHECK_FALSE(pair.here->exchange_failures(failure, pair.now));
  pair.now += std::chrono::milliseconds(1);
  CHECK(pair.here->exchange_failures(failure, pair.now));
}

namespace {

/// A process that has proved itself and never stops sending: stops, or bytes that nobody looks at.
class endless final : public leat::connection {
 public:
  endless(std::uint64_t& received, bool& sends) : received_(received), sends_(sends) {}
  std::size_t send(std::span<piece const> pieces) override {
    std::size_t bytes = 0;
    for (piece const& each : pieces) bytes += each.size();
    return bytes;
  }
  std::size_t receive(std::span<std::byte> into) override {
    if (!sends_ || ++received_ > 100'000) return 0;  // so that a test that fails comes to an end
    frame_header header = frame_header::of(frame_type::stop);
    header.sequence = sequence_++;
    std::vector<std::byte> const frame = leat::test::peers_and_stranger::framed(header);
    REQUIRE(frame.size() <= into.size());
    std::copy(frame.begin(), frame.end(), into.begin());
    return frame.size();
  }
  bool open() const override { return true; }
  void on_ready(std::function<void()>) override {}

 private:
  std::uint64_t& received_;
  bool& sends_;
  std::uint32_t sequence_ = 0;
};

}  // namespace

TEST_CASE("a process that never stops sending holds up neither a failure nor the end") {
  std::uint64_t received = 0;
  bool sends = true;
  leat::detail::connections ends(2);
  ends[1] = std::make_unique<endless>(received, sends);
  leat::detail::peers peers(leat::test::settings_of_peers(0), std::move(ends));
  control here(peers);
  leat::steady_time const now{std::chrono::seconds(100)};
  leat::detail::process_failure failure;
  failure.text = "here";
  CHECK_FALSE(here.exchange_failures(failure, now));
  CHECK(received < 1000);
  CHECK(here.exchange_failures(failure, now + std::chrono::seconds(1)));
  CHECK(received < 1000);
}

TEST_CASE("a process that has sent its goodbye still receives a failure") {
  two_controls pair;
  pair.of[0]->send_goodbye();
  pair.exchange();
  leat::detail::process_failure failure;
  failure.process = 1;
  failure.text = "late";
  CHECK_FALSE(pair.of[1]->exchange_failures(failure, pair.now));  // it waits for what the other failed of
  pair.kill(1);
  std::string received;
  try {
    pair.exchange_of_first();
  } catch (leat::run_error const& error) {
    received = error.what();
  }
  CHECK(received == "late\n  as process 1 says");
}

TEST_CASE("a failure that takes more words than a frame holds is sent as its beginning") {
  two_controls pair(1 << 26);
  leat::detail::process_failure failure;
  failure.process = 1;
  failure.step = "flow.step";
  failure.text = "it read " + std::string(20u << 20, 'x');
  failure.cause = failure.text;
  failure.cause_type = "std::runtime_error";
  CHECK_FALSE(pair.of[1]->exchange_failures(failure, pair.now));
  pair.kill(1);
  std::string received;
  try {
    pair.exchange_of_first();
  } catch (leat::run_error const& error) {
    received = error.what();
  }
  CHECK(received.substr(0, 10) == "it read xx");
  CHECK(received.ends_with("x ...\n  as process 1 says"));
}

TEST_CASE("names of partitions that do not fit one frame are refused by who has them, with the step") {
  two_controls net;
  std::vector<std::string> many(20'000, std::string(1000, 'x'));
  leat::detail::partition_lists const lists{{1, many}};
  try {
    net.of[0]->share(lists, net.flow.description(), 0);
    FAIL("they were sent");
  } catch (leat::run_error const& error) {
    CHECK(std::string(error.what()).find("step \"flow.out\"") == 0);
    CHECK(std::string(error.what()).find("it has 20000 partitions") != std::string::npos);
    CHECK(std::string(error.what()).find("at most 16 MiB can be sent to other processes") != std::string::npos);
  }
  many.resize(10);
  net.of[0]->share({{1, many}}, net.flow.description(), 0);
  net.of[1]->share({{1, many}}, net.flow.description(), 1);
  net.exchange();
  CHECK(net.of[1]->all_have_shared());
}

TEST_CASE("a stop is sent once, and not after the goodbye") {
  two_controls pair;
  pair.of[0]->send_stop();
  pair.of[0]->send_stop();
  pair.exchange();
  CHECK(pair.of[1]->stop_received());
  CHECK_FALSE(pair.of[0]->stop_received());
  pair.of[1]->send_goodbye();
  pair.of[1]->send_stop();
  pair.exchange();
  CHECK_FALSE(pair.of[0]->stop_received());
}

TEST_CASE("lists that are none are refused, and those that come a second time") {
  control_and_stranger pair;
  frame_header const lists = frame_header::of(frame_type::partitions);
  leat::byte_buffer empty;
  leat::encode(leat::detail::partition_lists(), empty);
  std::string const payload(reinterpret_cast<char const*>(empty.data()), empty.size());
  pair.send(lists, payload);
  CHECK(pair.turn() == "");
  CHECK(pair.here->lists_of(1).empty());
  pair.send(lists, payload);
  CHECK(pair.turn().ends_with("its partitions a second time"));

  control_and_stranger other;
  other.send(lists, "abcd");
  CHECK(other.turn().find("process 1 does not speak as this program does") == 0);
}

TEST_CASE("two processes that fail at once choose one cause") {
  two_controls pair;
  leat::detail::process_failure causes[2];
  for (unsigned i = 0; i != 2; ++i) {
    causes[i].process = i;
    causes[i].text = "cause " + std::to_string(i);
  }
  bool done[2] = {false, false};
  while (!done[0] || !done[1])
    for (unsigned i = 0; i != 2; ++i) done[i] = pair.of[i]->exchange_failures(causes[i], pair.now);
  CHECK_NOTHROW(pair.of[0]->rethrow_chosen_cause());
  CHECK_THROWS_WITH_AS(pair.of[1]->rethrow_chosen_cause(), "cause 0\n  as process 0 says", leat::run_error);
}

TEST_CASE("a lost process ends the turn, unless it has sent its goodbye") {
  control_and_stranger pair;
  pair.stranger.reset();
  CHECK(pair.turn() == "process 1 was lost: it was closed by the other side");

  control_and_stranger after_goodbye;
  after_goodbye.send(frame_header::of(frame_type::goodbye));
  after_goodbye.stranger.reset();
  CHECK(after_goodbye.turn() == "");
}
