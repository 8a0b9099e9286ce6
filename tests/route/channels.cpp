// SPDX-License-Identifier: BSL-1.0
#include <leat/route/exchange/channels.hpp>

#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/two_peers.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using leat::detail::channels;
using leat::detail::frame_header;
using leat::detail::frame_type;
using leat::detail::mark;
using leat::detail::mark_kind;
using leat::detail::message;

namespace {

constexpr leat::slot_ownership two_workers(2);

/// What the frame of one number takes from the credit.
constexpr std::size_t one_number = frame_header::size + 8;

/// A flow whose node 1 stands for an exchange.
struct flow_with_exchange {
  flow_with_exchange() : flow("flow") {
    flow.input("in", leat::from::iterable(std::vector{1})) | leat::output("out", leat::to::collect(unused));
  }
  leat::detail::node const& node() const { return *flow.description().nodes()[1]; }

  leat::flow flow;
  std::vector<int> unused;
};

channels::settings with_credit(std::size_t credit) { return {1, 2, credit}; }

/// Two processes of one worker each, by hand.
struct two_ends : flow_with_exchange, leat::test::two_peers {
  explicit two_ends(std::size_t credit = 1000, std::size_t capacity = 100, bool sealed = false)
      : two_peers(capacity, sealed) {
    for (unsigned i = 0; i != 2; ++i) of[i] = std::make_unique<channels>(*peers_of[i], with_credit(credit));
  }
  std::unique_ptr<channels> of[2];
};

/// The channels of one process, and the other end of the connection in the hands of the test.
struct channels_and_stranger : flow_with_exchange, leat::test::peers_and_stranger {
  explicit channels_and_stranger(std::size_t credit = 1000)
      : here(std::make_unique<channels>(*peers, with_credit(credit))) {}
  std::unique_ptr<channels> here;
};

template <class T>
void send(leat::detail::sending_end<T>& end, std::vector<T> records, std::optional<mark> closing = std::nullopt,
          std::vector<std::uint64_t> const& hashes = {}) {
  message<T> message;
  if (!records.empty()) {
    message.content = end.fresh();
    REQUIRE(message.content != nullptr);
    for (T& record : records) message.content->records.push(std::move(record));
    for (std::uint64_t hash : hashes) message.content->hashes.push(hash);
  }
  if (closing) {
    message.end_mark = *closing;
    message.marked = true;
  }
  REQUIRE(end.send(message));
}

template <class T>
void give_back(leat::detail::receiving_end<T>& end, message<T> const& got) {
  got.content->records.clear();
  got.content->hashes.clear();
  end.give_back(got.content);
}

struct alignas(16) wide {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & a & b;
  }
};

}  // namespace

TEST_CASE("a time comes over with records, with a mark, and alone; none is none") {
  two_ends ends;
  auto& out = ends.of[0]->sender<int>(ends.node(), 0, 1, 4);
  auto& in = ends.of[1]->receiver<int>(ends.node(), 0, 1, 4);
  leat::detail::stream_time const early{-7, 3, false};
  leat::detail::stream_time const late{9'000'000'000'000, 4, true};
  message<int> sent;
  sent.content = out.fresh();
  sent.content->records.push(5);
  sent.time = early;
  REQUIRE(out.send(sent));
  REQUIRE(out.send({nullptr, {}, false, late}));
  REQUIRE(out.send({nullptr, {mark_kind::barrier, 1}, true, late}));
  REQUIRE(out.send({nullptr, {mark_kind::end, 2}, true}));
  ends.exchange();

  message<int> got;
  REQUIRE(in.receive(got));
  REQUIRE(got.content != nullptr);
  CHECK(got.time == early);
  give_back(in, got);
  REQUIRE(in.receive(got));
  CHECK(got.content == nullptr);
  CHECK_FALSE(got.marked);
  CHECK(got.time == late);
  REQUIRE(in.receive(got));
  CHECK(got.marked);
  CHECK(got.time == late);
  REQUIRE(in.receive(got));
  CHECK(got.end_mark.kind == mark_kind::end);
  CHECK_FALSE(got.time.says_something());
}

TEST_CASE("a packet that goes in several frames has its time in the last one") {
  two_ends ends;
  auto& out = ends.of[0]->sender<std::string>(ends.node(), 0, 1, 4);
  auto& in = ends.of[1]->receiver<std::string>(ends.node(), 0, 1, 4);
  message<std::string> sent;
  sent.content = out.fresh();
  for (int i = 0; i != 4; ++i) sent.content->records.push(std::string(9u << 20, 'a'));
  sent.time = {77, 0, false};
  std::vector<std::int64_t> times;
  std::size_t records = 0;
  for (bool done = false; !done || records != 4;) {
    done = done || out.send(sent);
    ends.exchange();
    message<std::string> got;
    while (in.receive(got)) {
      times.push_back(got.time.watermark);
      records += got.content->records.size();
      give_back(in, got);
    }
    ends.exchange();
  }
  REQUIRE(times.size() > 1);
  CHECK(times.back() == 77);
  for (std::size_t i = 0; i + 1 != times.size(); ++i) CHECK(times[i] == leat::detail::stream_time::nothing_known);
}

TEST_CASE("records, hashes and marks come over in order") {
  using record = std::pair<std::string, int>;
  two_ends ends;
  auto& out = ends.of[0]->sender<record>(ends.node(), 0, 1, 4);
  auto& in = ends.of[1]->receiver<record>(ends.node(), 0, 1, 4, &two_workers);
  send<record>(out, {{"a", 1}, {"b", 2}}, std::nullopt, {3011, 3022});
  send<record>(out, {{"c", 3}}, mark{mark_kind::barrier, 1}, {3033});
  send<record>(out, {}, mark{mark_kind::end, 2});
  message<record> got;
  CHECK_FALSE(in.receive(got));
  ends.exchange();

  REQUIRE(in.receive(got));
  REQUIRE(got.content != nullptr);
  CHECK_FALSE(got.marked);
  CHECK(std::vector<record>(got.content->records.begin(), got.content->records.end()) ==
        std::vector<record>{{"a", 1}, {"b", 2}});
  CHECK(std::vector<std::uint64_t>(got.content->hashes.begin(), got.content->hashes.end()) ==
        std::vector<std::uint64_t>{3011, 3022});
  give_back(in, got);

  REQUIRE(in.receive(got));
  REQUIRE(got.content != nullptr);
  CHECK(got.content->records.size() == 1);
  CHECK(got.marked);
  CHECK(got.end_mark.kind == mark_kind::barrier);
  CHECK(got.end_mark.epoch == 1);
  give_back(in, got);

  REQUIRE(in.receive(got));
  CHECK(got.content == nullptr);
  CHECK(got.end_mark.kind == mark_kind::end);
  CHECK(got.end_mark.epoch == 2);
  CHECK_FALSE(in.receive(got));
}

TEST_CASE("a sender has as many bytes as credit, until the receiver has used some") {
  two_ends ends(3 * one_number);
  auto& out = ends.of[0]->sender<int>(ends.node(), 0, 1, 4);
  auto& in = ends.of[1]->receiver<int>(ends.node(), 0, 1, 4);
  for (int i = 0; i != 3; ++i) send<int>(out, {i});
  CHECK(out.fresh() == nullptr);
  CHECK_FALSE(out.starved());
  ends.exchange();
  CHECK(out.fresh() == nullptr);  // it has arrived, but nobody has read it

  message<int> got;
  REQUIRE(in.receive(got));
  ends.exchange();
  CHECK(out.fresh() == nullptr);  // it is still in use
  give_back(in, got);
  ends.exchange();
  send<int>(out, {3});
  CHECK(out.fresh() == nullptr);

  for (int wanted = 1; wanted != 4; ++wanted) {
    ends.exchange();
    REQUIRE(in.receive(got));
    CHECK(*got.content->records.begin() == wanted);
    give_back(in, got);
  }
  ends.exchange();
  CHECK(out.starved());
}

TEST_CASE("credit that goes back in small portions does not wait for company when a sender may need all of it") {
  two_ends ends(8 * one_number);
  auto& out = ends.of[0]->sender<int>(ends.node(), 0, 1, 4);
  auto& in = ends.of[1]->receiver<int>(ends.node(), 0, 1, 4);
  for (int i = 0; i != 40; ++i) {
    CAPTURE(i);
    send<int>(out, {i});
    while (ends.turn_both()) {
    }
    message<int> got;
    REQUIRE(in.receive(got));
    give_back(in, got);  // nothing is left to read, and no time passes
    while (ends.turn_both()) {
    }
  }
}

TEST_CASE("what is borrowed beyond the credit is not sent before there is credit again") {
  two_ends ends(1);
  auto& out = ends.of[0]->sender<int>(ends.node(), 0, 1, 4);
  auto& in = ends.of[1]->receiver<int>(ends.node(), 0, 1, 4);
  send<int>(out, {0});  // the last one may take more than there is
  CHECK(out.fresh() == nullptr);
  CHECK(out.overdrawn());
  message<int> sent;
  sent.content = out.borrow();
  sent.content->records.push(1);
  CHECK_FALSE(out.send(sent));
  ends.exchange();
  message<int> got;
  REQUIRE(in.receive(got));
  CHECK(*got.content->records.begin() == 0);
  give_back(in, got);
  ends.exchange();
  REQUIRE(out.send(sent));
  CHECK(out.fresh() == nullptr);
  ends.exchange();
  REQUIRE(in.receive(got));
  CHECK(*got.content->records.begin() == 1);
  give_back(in, got);
}

TEST_CASE("a peer that sends more than it has credit for is refused") {
  auto const turn_after = [](std::size_t numbers, std::size_t marks) {
    channels_and_stranger pair(3 * one_number - 1);
    pair.here->receiver<int>(pair.node(), 1, 0, 4);
    frame_header header;
    header.node = 1;
    header.from = 1;
    for (std::size_t i = 0; i != numbers; ++i) {
      header.count = 1;
      pair.send(header, "1234");
    }
    for (std::size_t i = 0; i != marks; ++i) {
      header.count = 0;
      header.set({mark_kind::barrier, i + 1});
      pair.send(header);
    }
    return pair.turn();
  };
  std::string const refusal =
      "process 1 does not speak as this program does: more messages for a channel than there was credit for";
  CHECK(turn_after(3, 0) == "");
  CHECK(turn_after(4, 0) == refusal);
  CHECK(turn_after(3, 61) == "");
  CHECK(turn_after(3, 62) == refusal);
}

TEST_CASE("records and hashes that are not laid out for direct use come over all the same") {
  two_ends ends;
  auto& out = ends.of[0]->sender<wide>(ends.node(), 0, 1, 4);
  auto& in = ends.of[1]->receiver<wide>(ends.node(), 0, 1, 4, &two_workers);
  send<wide>(out, {{1, 2}, {3, 4}}, std::nullopt, {3005, 3006});
  auto& odd_out = ends.of[1]->sender<char>(ends.node(), 1, 0, 4);
  auto& odd_in = ends.of[0]->receiver<char>(ends.node(), 1, 0, 4, &two_workers);
  send<char>(odd_out, {'a', 'b', 'c'}, std::nullopt, {7, 8, 9});
  ends.exchange();
  message<wide> got;
  REQUIRE(in.receive(got));
  REQUIRE(got.content->records.size() == 2);
  CHECK(got.content->records.begin()[1].b == 4);
  CHECK(got.content->hashes.begin()[1] == 3006);
  give_back(in, got);
  message<char> odd;
  REQUIRE(odd_in.receive(odd));
  CHECK(std::string(odd.content->records.begin(), odd.content->records.end()) == "abc");
  CHECK(odd.content->hashes.begin()[2] == 9);
  give_back(odd_in, odd);
}

TEST_CASE("marks need no credit, but are bounded") {
  two_ends ends(1);
  auto& out = ends.of[0]->sender<int>(ends.node(), 0, 1, 4);
  auto& in = ends.of[1]->receiver<int>(ends.node(), 0, 1, 4);
  send<int>(out, {0});
  message<int> barrier;
  barrier.marked = true;
  std::uint64_t sent = 0;
  while (barrier.end_mark.epoch = sent + 1, out.send(barrier)) ++sent;
  CHECK(sent == 63);
  ends.exchange();
  CHECK_FALSE(out.send(barrier));
  message<int> got;
  REQUIRE(in.receive(got));
  give_back(in, got);
  for (std::uint64_t epoch = 1; epoch <= sent; ++epoch) {
    REQUIRE(in.receive(got));
    CHECK(got.end_mark.epoch == epoch);
  }
  ends.exchange();
  CHECK(out.send(barrier));
}

TEST_CASE("a packet that is too long for a frame goes in several") {
  std::size_t const long_one = 6u << 20;
  two_ends ends(1u << 28, 1u << 28);
  auto& out = ends.of[0]->sender<std::string>(ends.node(), 0, 1, 4);
  auto& in = ends.of[1]->receiver<std::string>(ends.node(), 0, 1, 4);
  send<std::string>(out, {std::string(long_one, 'a'), std::string(long_one, 'b'), std::string(long_one, 'c')},
                    mark{mark_kind::end, 1});
  ends.exchange();
  std::string firsts;
  unsigned messages = 0;
  bool ended = false;
  message<std::string> got;
  for (; in.receive(got); ends.exchange()) {
    CHECK_FALSE(ended);
    ++messages;
    for (std::string const& text : got.content->records) {
      firsts += text[0];
      CHECK(text.size() == long_one);
    }
    ended = got.marked;
    give_back(in, got);
  }
  CHECK(messages == 2);
  CHECK(ended);
  CHECK(firsts == "abc");
  ends.exchange();
  CHECK(out.starved());
}

TEST_CASE("flat records that are too long for a frame go in several") {
  using block = std::array<std::uint64_t, 4>;
  std::size_t const count = 600'000;
  two_ends ends(1u << 28, 1u << 28);
  auto& out = ends.of[0]->sender<block>(ends.node(), 0, 1, count);
  auto& in = ends.of[1]->receiver<block>(ends.node(), 0, 1, count, &two_workers);
  std::vector<block> records(count);
  for (std::size_t i = 0; i != count; ++i) records[i] = {i, 0, 0, ~i};
  send<block>(out, records, std::nullopt, std::vector<std::uint64_t>(count, 3000));
  ends.exchange();
  std::size_t next = 0;
  message<block> got;
  while (in.receive(got)) {
    bool in_order = true;
    for (block const& got_block : got.content->records) in_order = in_order && got_block == records[next++];
    CHECK(in_order);
    give_back(in, got);
  }
  CHECK(next == count);
}

TEST_CASE("keys are refused that another worker owns, and records of a keyed step without the hashes of their keys") {
  auto const failure = [](std::uint8_t hashed, std::uint64_t hash) {
    channels_and_stranger pair;
    auto& in = pair.here->receiver<std::uint64_t>(pair.node(), 1, 0, 4, &two_workers);
    frame_header header;
    header.node = 1;
    header.from = 1;
    header.count = 1;
    header.hashed = hashed;
    std::string payload(hashed != 0 ? 16 : 8, 'x');
    if (hashed != 0) std::memcpy(payload.data() + 8, &hash, sizeof hash);
    pair.send(header, payload);
    CHECK(pair.turn() == "");
    message<std::uint64_t> got;
    try {
      in.receive(got);
    } catch (leat::run_error const& error) {
      return std::string(error.what());
    }
    give_back(in, got);
    return std::string("nothing");
  };
  CHECK(failure(1, 2047) == "nothing");
  CHECK(failure(1, 2048).find("a key came that another worker owns") != std::string::npos);
  CHECK(failure(0, 0).find("no hashes came") != std::string::npos);
}

TEST_CASE("frames of channels that do not exist are refused") {
  frame_header good;
  good.node = 1;
  good.from = 1;
  good.to = 0;
  auto const refused = [](frame_header const& header) {
    channels_and_stranger pair;
    pair.send(header, "abcd");
    return pair.turn();
  };
  CHECK(refused(good) == "");
  for (auto const& spoil : std::vector<std::function<void(frame_header&)>>{
           [](frame_header& h) { h.node = 2; }, [](frame_header& h) { h.from = 0; },
           [](frame_header& h) { h.from = 2; }, [](frame_header& h) { h.to = 1; },
           [](frame_header& h) { h.marked = 4; }, [](frame_header& h) { h.hashed = 2; },
           [](frame_header& h) { h.idle = 2; }}) {
    frame_header bad = good;
    spoil(bad);
    CHECK(refused(bad).ends_with("a message for a channel that does not exist"));
  }
  good.type = frame_type::credit;
  std::swap(good.from, good.to);
  CHECK(refused(good) == "");
  good.to = 0;
  CHECK(refused(good).ends_with("credit for a channel that does not exist"));
}

TEST_CASE("credit that was never taken is refused: what a process may send stays bounded") {
  using claim = std::pair<std::uint32_t, std::uint32_t>;
  for (auto const& [bytes, messages] : std::vector<claim>{{1, 0}, {0, 1}, {one_number, 2}}) {
    channels_and_stranger pair;
    auto& out = pair.here->sender<int>(pair.node(), 0, 1, 4);
    send(out, {1});
    CHECK(pair.turn() == "");
    frame_header header;
    header.type = frame_type::credit;
    header.node = 1;
    header.from = 0;
    header.to = 1;
    header.count = one_number;
    header.messages = 1;
    pair.send(header);
    CHECK(pair.turn() == "");
    header.count = bytes;
    header.messages = messages;
    pair.send(header);
    CHECK(pair.turn().ends_with("more credit for a channel than was taken"));
  }
}

TEST_CASE("a message without records costs no credit, and holds no memory whatever stands in it") {
  leat::detail::inbox in(1000);
  leat::detail::incoming_frame frame;
  frame.memory = leat::detail::slab(4096);
  frame.payload = {frame.memory.data(), 4096};
  leat::detail::slab const also = frame.memory;
  REQUIRE(in.put(std::move(frame)));
  frame = {};
  CHECK(also.only_holder());
}

TEST_CASE("bytes that are not records are refused, with the step") {
  channels_and_stranger pair;
  leat::detail::node const& node = pair.node();
  auto& in = pair.here->receiver<int>(node, 1, 0, 4);
  auto const failure = [&](std::uint32_t count, std::uint8_t hashed, std::string const& payload) {
    frame_header header;
    header.node = 1;
    header.from = 1;
    header.count = count;
    header.hashed = hashed;
    pair.send(header, payload);
    CHECK(pair.turn() == "");
    message<int> got;
    try {
      in.receive(got);
    } catch (leat::run_error const& error) {
      CHECK(error.step == "flow.out");
      return std::string(error.what());
    }
    give_back(in, got);
    return std::string("nothing");
  };
  CHECK(failure(1, 0, "abc").find("step \"flow.out\" (output, ") == 0);
  CHECK(failure(2, 0, "abcd").find("4 bytes came where 2 records of 4 were announced") != std::string::npos);
  CHECK(failure(1, 1, "abcdefghijkl").find("hashes came that nobody asked for") != std::string::npos);
  CHECK(failure(1, 0, "abcd") == "nothing");
}

namespace {

/// Large in memory, a byte on its way.
struct mostly_empty {
  mostly_empty() { ++constructed; }
  template <class A>
  void serialize(A& a, unsigned) {
    a & number;
  }
  std::uint8_t number = 0;
  std::array<char, 4095> rest{};
  inline static int constructed = 0;
};

}  // namespace

TEST_CASE("security: a peer cannot have many records made of few bytes, whatever number of them it announces") {
  channels_and_stranger pair(100'000);
  leat::detail::node const& node = pair.node();
  auto& in = pair.here->receiver<mostly_empty>(node, 1, 0, 4);
  auto const failure = [&](std::uint32_t count, std::size_t bytes) {
    frame_header header;
    header.node = 1;
    header.from = 1;
    header.count = count;
    pair.send(header, std::string(bytes, '\1'));
    CHECK(pair.turn() == "");
    mostly_empty::constructed = 0;
    message<mostly_empty> got;
    try {
      in.receive(got);
    } catch (leat::run_error const& error) {
      return std::string(error.what());
    }
    give_back(in, got);
    return std::string("nothing");
  };
  CHECK(failure(24, 24) == "nothing");  // the credit
  CHECK(failure(25, 25).find("25 records of 4096 bytes came, which is more than the credit") != std::string::npos);
  CHECK(failure(50'000, 50'000).find("more than the credit") != std::string::npos);
  CHECK(mostly_empty::constructed == 0);
  CHECK(failure(1, 20'000).find("19999 bytes are left after") != std::string::npos);
  CHECK(mostly_empty::constructed < 10);
}

TEST_CASE("records in sealed frames are the same as in others") {
  for (std::size_t const capacity : {1u, 63u, 100'000u}) {
    two_ends net(100'000, capacity, true);
    auto& out = net.of[0]->sender<std::string>(net.node(), 0, 1, 1000);
    auto& in = net.of[1]->receiver<std::string>(net.node(), 0, 1, 1000);
    std::vector<std::string> got;
    for (std::size_t const size : {0u, 1u, 7u, 8u, 100u, 5000u}) {
      send<std::string>(out, {std::string(size, 'x'), "and more"}, mark{mark_kind::barrier, 3});
      net.exchange();
      message<std::string> message_in;
      REQUIRE(in.receive(message_in));
      REQUIRE(message_in.content != nullptr);
      CHECK(message_in.content->records.size() == 2);
      CHECK(message_in.content->records.begin()[0] == std::string(size, 'x'));
      CHECK(message_in.end_mark.epoch == 3);
      give_back(in, message_in);
      net.exchange();
    }
  }
}

TEST_CASE("who is brought records, or credit, is woken once for each turn") {
  two_ends ends;
  auto& out = ends.of[0]->sender<int>(ends.node(), 0, 1, 4);
  auto& in = ends.of[1]->receiver<int>(ends.node(), 0, 1, 4);
  auto const woken = [&](unsigned process) {
    std::vector<unsigned> workers;
    ends.of[process]->wake_receivers([&](unsigned worker) { workers.push_back(worker); });
    return workers;
  };
  send<int>(out, {1});
  send<int>(out, {2});
  ends.exchange();
  CHECK(woken(0).empty());
  CHECK(woken(1) == std::vector{1u});
  CHECK(woken(1).empty());
  for (message<int> got; in.receive(got);) give_back(in, got);
  ends.exchange();
  CHECK(woken(0) == std::vector{0u});
  CHECK(woken(1).empty());
}

TEST_CASE("a lost process ends the turn, since records are missing without it") {
  channels_and_stranger pair;
  pair.stranger.reset();
  CHECK(pair.turn() == "process 1 was lost: it was closed by the other side");
}

TEST_CASE("when the channels have ended, the peers refuse their frames, and go on with others") {
  channels_and_stranger pair;
  pair.here.reset();
  frame_header heartbeat = frame_header::of(frame_type::heartbeat);
  heartbeat.count = 1;
  pair.send(heartbeat, "12345678");
  CHECK(pair.turn() == "");
  frame_header header;
  header.node = 1;
  header.from = 1;
  pair.send(header);
  CHECK(pair.turn().ends_with("a frame of unknown type 1"));
}
