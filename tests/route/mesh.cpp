// SPDX-License-Identifier: BSL-1.0
#include <leat/route/peers/crc32c.hpp>
#include <leat/route/peers/mesh.hpp>

#include <doctest/doctest.h>

#include <leat/from/iterable.hpp>
#include <leat/op/map.hpp>
#include <leat/route/peers/poly1305_seal.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/memory_link.hpp"
#include "fixture/one_at_a_time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using leat::detail::frame_header;
using leat::detail::frame_type;
using leat::detail::mark;
using leat::detail::mark_kind;
using leat::detail::mesh;
using leat::detail::message;
using leat::detail::packet;

namespace {

/// Heartbeats every second; workers that are never in a turn.
mesh::settings settings(unsigned process, std::size_t credit) {
  mesh::settings how;
  how.process = process;
  how.channel_bytes = credit;
  how.turns_of = [](unsigned) { return 0u; };
  how.log = [](std::string const&) {};
  return how;
}

/// What the frame of one number takes from the credit.
constexpr std::size_t one_number = frame_header::size + 8;

/// Two processes of one worker each, by hand. Node 1 stands for an exchange.
struct two_meshes {
  explicit two_meshes(std::size_t credit = 1000, std::size_t capacity = 100, bool sealed = false) : flow("flow") {
    leat::stream s = flow.input("in", leat::from::iterable(std::vector{1}));
    s | leat::output("out", leat::to::collect(unused));
    auto [first, second] = leat::test::memory_links(capacity);
    leat::detail::connections ends[2];
    ends[0].resize(2);
    ends[1].resize(2);
    ends[0][1] = std::move(first);
    ends[1][0] = std::move(second);
    for (unsigned i = 0; i != 2; ++i) {
      mesh::settings how = settings(i, credit);
      if (sealed) how.seals = seals(i);
      of[i] = std::make_unique<mesh>(flow.description(), std::move(how), std::move(ends[i]));
    }
  }
  /// Of the connection to the other one.
  static std::vector<leat::detail::frame_seals> seals(unsigned process) {
    auto const key = [](unsigned of) {
      return std::make_unique<leat::detail::poly1305_seal>(leat::detail::digest{std::byte(of)});
    };
    std::vector<leat::detail::frame_seals> all(2);
    all[1 - process].out = key(process);
    all[1 - process].in = key(1 - process);
    return all;
  }
  /// Until nothing moves, also of what may wait for company.
  void exchange() {
    while (turn_both()) {
    }
    now += std::chrono::milliseconds(1);
    while (turn_both()) {
    }
  }
  bool turn_both() {
    bool const progress = of[0]->turn(now);
    return of[1]->turn(now) || progress;
  }
  /// The second one is gone.
  void exchange_of_first() {
    while (of[0]->turn(now)) {
    }
  }
  leat::detail::node const& node() const { return *flow.description().nodes()[1]; }

  leat::flow flow;
  std::vector<int> unused;
  std::unique_ptr<mesh> of[2];
  leat::steady_time now{std::chrono::seconds(100)};
};

/// One mesh, and its peer's end of the link in the hands of the test.
struct mesh_and_stranger {
  explicit mesh_and_stranger(std::size_t credit = 1000, std::size_t capacity = 1 << 20) : flow("flow") {
    flow.input("in", leat::from::iterable(std::vector{1})) | leat::output("out", leat::to::collect(unused));
    auto [first, second] = leat::test::memory_links(capacity);
    leat::detail::connections ends(2);
    ends[1] = std::move(first);
    stranger = std::move(second);
    here = std::make_unique<mesh>(flow.description(), settings(0, credit), std::move(ends));
  }
  /// As a mesh would send it.
  void send(frame_header header, std::string const& payload = "") {
    header.length = static_cast<std::uint32_t>(payload.size());
    header.sequence = sent++;
    send_bytes(framed(header, payload));
  }
  static std::vector<std::byte> framed(frame_header header, std::string const& payload = "") {
    std::vector<std::byte> bytes(frame_header::size);
    for (char c : payload) bytes.push_back(static_cast<std::byte>(c));
    bytes.resize(frame_header::size + frame_header::padded(payload.size()));
    std::span<std::byte const> const padded(bytes.data() + frame_header::size, bytes.size() - frame_header::size);
    header.write(bytes.data());
    header.checksum = frame_header::checksum_of(bytes.data(), leat::detail::crc32c(padded));
    header.write(bytes.data());
    return bytes;
  }
  void send_bytes(std::vector<std::byte> const& bytes) {
    leat::connection::piece const all(bytes);
    REQUIRE(stranger->send({&all, 1}) == bytes.size());
  }
  std::string turn() {
    try {
      here->turn(now);
    } catch (leat::run_error const& error) {
      return error.what();
    }
    return "";
  }

  leat::flow flow;
  std::vector<int> unused;
  std::unique_ptr<leat::connection> stranger;
  std::unique_ptr<mesh> here;
  std::uint32_t sent = 0;
  leat::steady_time now{std::chrono::seconds(100)};
};

template <class T>
void send(leat::detail::sending_end<T>& end, std::vector<T> records, std::optional<mark> which = std::nullopt,
          std::vector<std::uint64_t> const& hashes = {}) {
  message<T> what;
  if (!records.empty()) {
    what.content = end.fresh();
    REQUIRE(what.content != nullptr);
    for (T& record : records) what.content->records.push(std::move(record));
    for (std::uint64_t hash : hashes) what.content->hashes.push(hash);
  }
  if (which) {
    what.which = *which;
    what.marked = true;
  }
  REQUIRE(end.send(what));
}

template <class T>
void give_back(leat::detail::receiving_end<T>& end, message<T> const& got) {
  got.content->records.clear();
  got.content->hashes.clear();
  end.give_back(got.content);
}

/// The first process that lists it has partition 0, the next one partition 1, and so on.
class local_parts {
 public:
  using record = std::pair<std::string, unsigned>;
  using position = int;
  class partition {
   public:
    partition(std::string name, unsigned worker) : name_(std::move(name)), worker_(worker) {}
    bool next_batch(leat::emitter<record>& out) {
      out(record(name_, worker_));
      return false;
    }

   private:
    std::string name_;
    unsigned worker_;
  };
  std::vector<std::string> list_parts() const { return {"part" + std::to_string((*asked_)++), "shared"}; }
  partition build_part(std::string const& name, std::optional<int> const&, leat::step_services const& services) const {
    return {name, services.worker_index()};
  }

 private:
  std::shared_ptr<int> asked_ = std::make_shared<int>(0);
};

/// On worker 1 it fails, in the turn after its last record and mark.
class fails_at_the_end {
 public:
  class partition {
   public:
    explicit partition(bool bad) : bad_(bad) {}
    void write_batch(std::span<int const>) {}
    void flush() {
      if (bad_) throw std::runtime_error("the disk is full");
    }

   private:
    bool bad_;
  };
  partition build(leat::step_services const& services) const { return partition(services.worker_index() == 1); }
};

leat::detail::simulation cluster_of(unsigned processes, unsigned workers, std::uint64_t seed) {
  leat::detail::simulation how;
  how.seed = seed;
  how.processes = processes;
  how.each.workers = workers;
  how.each.batch_size = 2;
  how.each.snapshot_interval = std::chrono::nanoseconds::max();
  return how;
}

struct alignas(16) wide {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & a & b;
  }
};

std::vector<int> ones(std::size_t count) { return std::vector<int>(count, 1); }

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
  CHECK(back.which().kind == mark_kind::end);
  CHECK(back.which().epoch == 0x1122334455667788);
  CHECK(back.hashed == 1);
  CHECK(back.node == 7);
  CHECK(back.from == 0x0a0b);
  CHECK(back.to == 3);
  CHECK(back.count == 99);
  CHECK(back.messages == 5);
  CHECK(back.time() == leat::detail::stream_time{-2, 0x2122232425262728, true});
  CHECK_FALSE(frame_header().time().says_something());
}

TEST_CASE("a time comes over with records, with a mark, and alone; none is none") {
  two_meshes both;
  auto& out = both.of[0]->sender<int>(both.node(), 0, 1, 4);
  auto& in = both.of[1]->receiver<int>(both.node(), 0, 1, 4);
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
  both.exchange();

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
  CHECK(got.which.kind == mark_kind::end);
  CHECK_FALSE(got.time.says_something());
}

TEST_CASE("a packet that goes in several frames has its time in the last one") {
  two_meshes both;
  auto& out = both.of[0]->sender<std::string>(both.node(), 0, 1, 4);
  auto& in = both.of[1]->receiver<std::string>(both.node(), 0, 1, 4);
  message<std::string> sent;
  sent.content = out.fresh();
  for (int i = 0; i != 4; ++i) sent.content->records.push(std::string(9u << 20, 'a'));
  sent.time = {77, 0, false};
  std::vector<std::int64_t> times;
  std::size_t records = 0;
  for (bool done = false; !done || records != 4;) {
    done = done || out.send(sent);
    both.exchange();
    message<std::string> got;
    while (in.receive(got)) {
      times.push_back(got.time.watermark);
      records += got.content->records.size();
      give_back(in, got);
    }
    both.exchange();
  }
  REQUIRE(times.size() > 1);
  CHECK(times.back() == 77);
  for (std::size_t i = 0; i + 1 != times.size(); ++i) CHECK(times[i] == leat::detail::stream_time::nothing_known);
}

TEST_CASE("records, hashes and marks come over in order") {
  using record = std::pair<std::string, int>;
  two_meshes both;
  auto& out = both.of[0]->sender<record>(both.node(), 0, 1, 4);
  auto& in = both.of[1]->receiver<record>(both.node(), 0, 1, 4, true);
  send<record>(out, {{"a", 1}, {"b", 2}}, std::nullopt, {3011, 3022});
  send<record>(out, {{"c", 3}}, mark{mark_kind::barrier, 1}, {3033});
  send<record>(out, {}, mark{mark_kind::end, 2});
  message<record> got;
  CHECK_FALSE(in.receive(got));
  both.exchange();

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
  CHECK(got.which.kind == mark_kind::barrier);
  CHECK(got.which.epoch == 1);
  give_back(in, got);

  REQUIRE(in.receive(got));
  CHECK(got.content == nullptr);
  CHECK(got.which.kind == mark_kind::end);
  CHECK(got.which.epoch == 2);
  CHECK_FALSE(in.receive(got));
}

TEST_CASE("a sender has as many bytes as credit, until the receiver has used some") {
  two_meshes both(3 * one_number);
  auto& out = both.of[0]->sender<int>(both.node(), 0, 1, 4);
  auto& in = both.of[1]->receiver<int>(both.node(), 0, 1, 4);
  for (int i = 0; i != 3; ++i) send<int>(out, {i});
  CHECK(out.fresh() == nullptr);
  CHECK_FALSE(out.starved());
  both.exchange();
  CHECK(out.fresh() == nullptr);  // it has arrived, but nobody has read it

  message<int> got;
  REQUIRE(in.receive(got));
  both.exchange();
  CHECK(out.fresh() == nullptr);  // it is still in use
  give_back(in, got);
  both.exchange();
  send<int>(out, {3});
  CHECK(out.fresh() == nullptr);

  for (int wanted = 1; wanted != 4; ++wanted) {
    both.exchange();
    REQUIRE(in.receive(got));
    CHECK(*got.content->records.begin() == wanted);
    give_back(in, got);
  }
  both.exchange();
  CHECK(out.starved());
}

TEST_CASE("credit that goes back in small portions does not wait for company when a sender may need all of it") {
  two_meshes both(8 * one_number);
  auto& out = both.of[0]->sender<int>(both.node(), 0, 1, 4);
  auto& in = both.of[1]->receiver<int>(both.node(), 0, 1, 4);
  for (int i = 0; i != 40; ++i) {
    CAPTURE(i);
    send<int>(out, {i});
    while (both.turn_both()) {
    }
    message<int> got;
    REQUIRE(in.receive(got));
    give_back(in, got);  // nothing is left to read, and no time passes
    while (both.turn_both()) {
    }
  }
}

TEST_CASE("what is borrowed beyond the credit is not sent before there is credit again") {
  two_meshes both(1);
  auto& out = both.of[0]->sender<int>(both.node(), 0, 1, 4);
  auto& in = both.of[1]->receiver<int>(both.node(), 0, 1, 4);
  send<int>(out, {0});  // the last one may take more than there is
  CHECK(out.fresh() == nullptr);
  CHECK(out.overdrawn());
  message<int> what;
  what.content = out.borrow();
  what.content->records.push(1);
  CHECK_FALSE(out.send(what));
  both.exchange();
  message<int> got;
  REQUIRE(in.receive(got));
  CHECK(*got.content->records.begin() == 0);
  give_back(in, got);
  both.exchange();
  REQUIRE(out.send(what));
  CHECK(out.fresh() == nullptr);
  both.exchange();
  REQUIRE(in.receive(got));
  CHECK(*got.content->records.begin() == 1);
  give_back(in, got);
}

TEST_CASE("a peer that sends more than it has credit for is refused") {
  auto const turn_after = [](std::size_t numbers, std::size_t marks) {
    mesh_and_stranger both(3 * one_number - 1);
    both.here->receiver<int>(*both.flow.description().nodes()[1], 1, 0, 4);
    frame_header header;
    header.node = 1;
    header.from = 1;
    for (std::size_t i = 0; i != numbers; ++i) {
      header.count = 1;
      both.send(header, "1234");
    }
    for (std::size_t i = 0; i != marks; ++i) {
      header.count = 0;
      header.set({mark_kind::barrier, i + 1});
      both.send(header);
    }
    return both.turn();
  };
  std::string const refusal =
      "process 1 does not speak as this program does: more messages for a channel than there was credit for";
  CHECK(turn_after(3, 0) == "");
  CHECK(turn_after(4, 0) == refusal);
  CHECK(turn_after(3, 61) == "");
  CHECK(turn_after(3, 62) == refusal);
}

TEST_CASE("processes with nothing to say to each other stay together by heartbeats") {
  two_meshes both(1, 1000);
  both.exchange();
  for (int i = 0; i != 1000; ++i) {
    both.now = std::max(both.of[0]->wake_at(), both.of[1]->wake_at());
    CHECK_NOTHROW(both.exchange());
  }
  CHECK(both.now > leat::steady_time(std::chrono::seconds(1000)));
  std::string failure;
  try {
    for (;; both.now += std::chrono::seconds(1)) both.exchange_of_first();
  } catch (leat::cluster_error const& error) {
    failure = error.what();
  }
  CHECK(failure == "process 1 was lost: nothing has been heard of it for 15 s");
}

TEST_CASE("a heartbeat of another number of workers is refused") {
  mesh_and_stranger both;
  frame_header header;
  header.type = frame_type::heartbeat;
  header.count = 1;
  both.send(header, "12345678");
  CHECK(both.turn() == "");
  both.send(header, "1234567");
  CHECK(both.turn().ends_with("a heartbeat of another number of workers"));
}

TEST_CASE("records and hashes that are not laid out for direct use come over all the same") {
  two_meshes both;
  auto& out = both.of[0]->sender<wide>(both.node(), 0, 1, 4);
  auto& in = both.of[1]->receiver<wide>(both.node(), 0, 1, 4, true);
  send<wide>(out, {{1, 2}, {3, 4}}, std::nullopt, {3005, 3006});
  auto& odd_out = both.of[1]->sender<char>(both.node(), 1, 0, 4);
  auto& odd_in = both.of[0]->receiver<char>(both.node(), 1, 0, 4, true);
  send<char>(odd_out, {'a', 'b', 'c'}, std::nullopt, {7, 8, 9});
  both.exchange();
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
  two_meshes both(1);
  auto& out = both.of[0]->sender<int>(both.node(), 0, 1, 4);
  auto& in = both.of[1]->receiver<int>(both.node(), 0, 1, 4);
  send<int>(out, {0});
  message<int> barrier;
  barrier.marked = true;
  std::uint64_t sent = 0;
  while (barrier.which.epoch = sent + 1, out.send(barrier)) ++sent;
  CHECK(sent == 63);
  both.exchange();
  CHECK_FALSE(out.send(barrier));
  message<int> got;
  REQUIRE(in.receive(got));
  give_back(in, got);
  for (std::uint64_t epoch = 1; epoch <= sent; ++epoch) {
    REQUIRE(in.receive(got));
    CHECK(got.which.epoch == epoch);
  }
  both.exchange();
  CHECK(out.send(barrier));
}

TEST_CASE("a packet that is too long for a frame goes in several") {
  std::size_t const long_one = 6u << 20;
  two_meshes both(1u << 28, 1u << 28);
  auto& out = both.of[0]->sender<std::string>(both.node(), 0, 1, 4);
  auto& in = both.of[1]->receiver<std::string>(both.node(), 0, 1, 4);
  send<std::string>(out, {std::string(long_one, 'a'), std::string(long_one, 'b'), std::string(long_one, 'c')},
                    mark{mark_kind::end, 1});
  both.exchange();
  std::string firsts;
  unsigned messages = 0;
  bool ended = false;
  message<std::string> got;
  for (; in.receive(got); both.exchange()) {
    CHECK_FALSE(ended);
    ++messages;
    for (std::string const& each : got.content->records) {
      firsts += each[0];
      CHECK(each.size() == long_one);
    }
    ended = got.marked;
    give_back(in, got);
  }
  CHECK(messages == 2);
  CHECK(ended);
  CHECK(firsts == "abc");
  both.exchange();
  CHECK(out.starved());
}

TEST_CASE("flat records that are too long for a frame go in several") {
  using block = std::array<std::uint64_t, 4>;
  std::size_t const count = 600'000;
  two_meshes both(1u << 28, 1u << 28);
  auto& out = both.of[0]->sender<block>(both.node(), 0, 1, count);
  auto& in = both.of[1]->receiver<block>(both.node(), 0, 1, count, true);
  std::vector<block> records(count);
  for (std::size_t i = 0; i != count; ++i) records[i] = {i, 0, 0, ~i};
  send<block>(out, records, std::nullopt, std::vector<std::uint64_t>(count, 3000));
  both.exchange();
  std::size_t next = 0;
  message<block> got;
  while (in.receive(got)) {
    bool in_order = true;
    for (block const& one : got.content->records) in_order = in_order && one == records[next++];
    CHECK(in_order);
    give_back(in, got);
  }
  CHECK(next == count);
}

TEST_CASE("keys are refused that another worker owns, and records of a keyed step without the hashes of their keys") {
  auto const failure = [](std::uint8_t hashed, std::uint64_t hash) {
    mesh_and_stranger both;
    auto& in = both.here->receiver<std::uint64_t>(*both.flow.description().nodes()[1], 1, 0, 4, true);
    frame_header header;
    header.node = 1;
    header.from = 1;
    header.count = 1;
    header.hashed = hashed;
    std::string payload(hashed != 0 ? 16 : 8, 'x');
    if (hashed != 0) std::memcpy(payload.data() + 8, &hash, sizeof hash);
    both.send(header, payload);
    CHECK(both.turn() == "");
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

TEST_CASE("every part of a packet that goes in several wakes who sends it") {
  for (std::uint64_t seed = 1; seed != 17; ++seed) {
    CAPTURE(seed);
    leat::detail::simulation how = cluster_of(2, 2, seed);
    how.each.batch_size = 6;
    std::vector<std::string> got;
    leat::flow flow("parts");
    auto const key_of = [](unsigned worker) {
      int key = 0;
      while (leat::owner_of(leat::slot_of(leat::key_hash(key)), 4) != worker) ++key;
      return key;
    };
    // From the second worker of one process, which does not drive the connection, to a worker of the other.
    flow.input("in", leat::from::iterable(ones(6))) |
        leat::redistribute("from", leat::by([key = key_of(1)](int) { return key; })) |
        leat::map([](int) { return std::string(9u << 20, 'x'); }) |
        leat::redistribute("to", leat::by([key = key_of(3)](std::string const&) { return key; })) |
        leat::map([](std::string const& s) { return s.substr(0, 1); }) | leat::output("out", leat::to::collect(got));
    CHECK_NOTHROW(leat::detail::simulated_cluster(flow.description(), how).run());
    CHECK(got.size() == 6);
  }
}

TEST_CASE("what is not a frame of ours is refused with a sentence") {
  {
    mesh_and_stranger both;
    frame_header header;
    header.type = static_cast<frame_type>(77);
    both.send(header);
    CHECK(both.turn() == "process 1 does not speak as this program does: a frame of unknown type 77");
  }
  {
    mesh_and_stranger both;
    frame_header header;
    header.length = std::numeric_limits<std::uint32_t>::max();
    both.send_bytes(both.framed(header));
    CHECK(both.turn().ends_with("a frame that is too long"));
  }
  frame_header good;
  good.node = 1;
  good.from = 1;
  good.to = 0;
  auto const refused = [](frame_header const& header) {
    mesh_and_stranger both;
    both.send(header, "abcd");
    return both.turn();
  };
  CHECK(refused(good) == "");
  for (auto const& spoil : std::vector<std::function<void(frame_header&)>>{
           [](frame_header& h) { h.node = 2; }, [](frame_header& h) { h.from = 0; }, [](frame_header& h) { h.from = 2; },
           [](frame_header& h) { h.to = 1; }, [](frame_header& h) { h.marked = 4; }, [](frame_header& h) { h.hashed = 2; },
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
  frame_header lists;
  lists.type = frame_type::partitions;
  CHECK(refused(lists).find("process 1 does not speak as this program does") != std::string::npos);
}

TEST_CASE("credit that was never taken is refused: what a process may send stays bounded") {
  using claim = std::pair<std::uint32_t, std::uint32_t>;
  for (auto const& [bytes, messages] : std::vector<claim>{{1, 0}, {0, 1}, {one_number, 2}}) {
    mesh_and_stranger both;
    auto& out = both.here->sender<int>(*both.flow.description().nodes()[1], 0, 1, 4);
    send(out, {1});
    CHECK(both.turn() == "");
    frame_header header;
    header.type = frame_type::credit;
    header.node = 1;
    header.from = 0;
    header.to = 1;
    header.count = one_number;
    header.messages = 1;
    both.send(header);
    CHECK(both.turn() == "");
    header.count = bytes;
    header.messages = messages;
    both.send(header);
    CHECK(both.turn().ends_with("more credit for a channel than was taken"));
  }
}

TEST_CASE("a message without records costs no credit, and holds no memory whatever stands in it") {
  leat::detail::inbox in(1000);
  leat::detail::incoming_frame one;
  one.memory = leat::detail::slab(4096);
  one.payload = {one.memory.data(), 4096};
  leat::detail::slab const also = one.memory;
  REQUIRE(in.put(std::move(one)));
  one = {};
  CHECK(also.only_holder());
}

TEST_CASE("a frame that was changed on its way, left out or sent twice is refused") {
  frame_header good;
  good.node = 1;
  good.from = 1;
  good.length = 4;
  std::vector<std::byte> const frame = mesh_and_stranger::framed(good, "abcd");
  CHECK(frame.size() == frame_header::size + 8);  // padded
  for (std::size_t i = 0; i != frame.size(); ++i) {
    CAPTURE(i);
    mesh_and_stranger both;
    std::vector<std::byte> changed = frame;
    changed[i] ^= std::byte{0x10};
    both.send_bytes(changed);
    bool const length_is_larger_now = i == 8 || i == 9 || i == 10;
    CHECK(both.turn().ends_with(length_is_larger_now ? ""
                                : i == 11            ? "a frame that is too long"
                                                     : "a frame whose checksum is wrong"));
  }
  {
    mesh_and_stranger both;
    both.sent = 1;
    both.send(good, "abcd");
    CHECK(both.turn().ends_with("frame 1 came where frame 0 was due"));
  }
  mesh_and_stranger both;
  both.send(good, "abcd");
  both.send(good, "abcd");
  both.send_bytes(mesh_and_stranger::framed(good, "abcd"));
  CHECK(both.turn().ends_with("frame 0 came where frame 2 was due"));
}

TEST_CASE("bytes that are not records are refused, with the step") {
  mesh_and_stranger both;
  leat::detail::node const& node = *both.flow.description().nodes()[1];
  auto& in = both.here->receiver<int>(node, 1, 0, 4);
  auto const failure = [&](std::uint32_t count, std::uint8_t hashed, std::string const& payload) {
    frame_header header;
    header.node = 1;
    header.from = 1;
    header.count = count;
    header.hashed = hashed;
    both.send(header, payload);
    CHECK(both.turn() == "");
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
  mostly_empty() { ++made; }
  template <class A>
  void serialize(A& a, unsigned) {
    a & number;
  }
  std::uint8_t number = 0;
  std::array<char, 4095> rest{};
  inline static int made = 0;
};

}  // namespace

TEST_CASE("security: a peer cannot have many records made of few bytes, whatever number of them it announces") {
  mesh_and_stranger both(100'000);
  leat::detail::node const& node = *both.flow.description().nodes()[1];
  auto& in = both.here->receiver<mostly_empty>(node, 1, 0, 4);
  auto const failure = [&](std::uint32_t count, std::size_t bytes) {
    frame_header header;
    header.node = 1;
    header.from = 1;
    header.count = count;
    both.send(header, std::string(bytes, '\1'));
    CHECK(both.turn() == "");
    mostly_empty::made = 0;
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
  CHECK(mostly_empty::made == 0);
  CHECK(failure(1, 20'000).find("19999 bytes are left after") != std::string::npos);
  CHECK(mostly_empty::made < 10);
}

TEST_CASE("a failure that is told is one, whatever status it names") {
  for (unsigned status : {0u, 1u, 75u, 76u, 200u}) {
    CAPTURE(status);
    mesh_and_stranger both;
    frame_header header;
    header.type = frame_type::failure;
    leat::byte_buffer payload;
    leat::encode(std::tuple(1u, 1u, std::uint64_t{2}, std::string("f.step"), std::string("why"),
                            static_cast<std::uint8_t>(status), std::string("what"), std::string("kind")),
                 payload);
    both.send(header, std::string(reinterpret_cast<char const*>(payload.data()), payload.size()));
    try {
      both.here->turn(both.now);
      FAIL("the failure was not heard");
    } catch (leat::cluster_error const& error) {
      CHECK((status == 75 || status == 76));
      CHECK(static_cast<unsigned>(error.exit_status) == status);
    } catch (leat::run_error const& error) {
      CHECK((status != 75 && status != 76));
      CHECK(error.step == "f.step");
    }
  }
}

TEST_CASE("a link that closes without a goodbye is a failure") {
  mesh_and_stranger both;
  CHECK(both.turn() == "");
  both.stranger.reset();
  CHECK(both.turn() == "process 1 was lost: it was closed by the other side");
}

TEST_CASE("processes part when all have said goodbye") {
  two_meshes both;
  both.of[0]->send_goodbye();
  both.exchange();
  CHECK_FALSE(both.of[0]->parted());
  CHECK_FALSE(both.of[1]->parted());
  both.of[1]->send_goodbye();
  both.exchange();
  CHECK(both.of[0]->parted());
  CHECK(both.of[1]->parted());
  both.of[0].reset();
  CHECK_NOTHROW(both.of[1]->turn(both.now));  // a closed link is no failure any more
}

TEST_CASE("who has said goodbye and is gone is not waited for, though it cannot be told goodbye") {
  mesh_and_stranger both(1000, 10);  // bytes at once: none of ours comes through whole
  both.here->send_goodbye();
  CHECK(both.turn() == "");
  frame_header goodbye;
  goodbye.type = frame_type::goodbye;
  std::vector<std::byte> const frame = mesh_and_stranger::framed(goodbye);
  for (std::size_t at = 0; at != frame.size(); at += 10) {
    both.send_bytes({frame.begin() + static_cast<std::ptrdiff_t>(at), frame.begin() + static_cast<std::ptrdiff_t>(at + 10)});
    CHECK(both.turn() == "");
  }
  CHECK_FALSE(both.here->parted());
  both.stranger.reset();
  CHECK(both.turn() == "");
  CHECK(both.here->parted());
}

TEST_CASE("who does not listen is not told of a failure for longer than a second") {
  mesh_and_stranger both;
  leat::detail::process_failure why;
  why.text = std::string(2u << 20, 'x');  // more than the link takes
  CHECK_FALSE(both.here->tell_failure(why, both.now));
  CHECK(both.here->wake_at() == both.now + std::chrono::seconds(1));
  both.now += std::chrono::milliseconds(999);
  CHECK_FALSE(both.here->tell_failure(why, both.now));
  both.now += std::chrono::milliseconds(1);
  CHECK(both.here->tell_failure(why, both.now));
}

TEST_CASE("every process fails of the same cause") {
  for (std::uint64_t seed = 1; seed != 60; ++seed) {
    CAPTURE(seed);
    std::vector<int> got;
    leat::flow flow{"bad"};
    flow.input("in", leat::test::one_at_a_time<int>(ones(50))) | leat::redistribute("spread") |
        leat::map("boom",
                  [n = 0](int x) mutable {
                    if (++n == 10) throw std::runtime_error("the tenth came");
                    return x;
                  }) |
        leat::redistribute("on") | leat::output("out", leat::to::collect(got));
    leat::detail::simulated_cluster cluster(flow.description(), cluster_of(3, 1, seed));
    CHECK_THROWS_AS(cluster.run(), leat::run_error);
    unsigned own = 0;
    unsigned told = 0;
    std::string first;
    for (unsigned i = 0; i != 3; ++i) {
      try {
        cluster.process(i).rethrow();
      } catch (leat::run_error const& error) {
        std::string const said = error.what();
        CHECK(error.step == "bad.boom");
        CHECK(said.find("the tenth came") != std::string::npos);
        if (first.empty()) first = said.substr(0, said.find('\n'));
        CHECK(said.substr(0, said.find('\n')) == first);
        (said == first + "\n  as process " + std::to_string(error.worker) + " says" ? told : own) += 1;
      }
    }
    CHECK(own == 1);
    CHECK(told == 2);
  }
}

TEST_CASE("who has said goodbye is still told of a failure") {
  two_meshes both;
  both.of[0]->send_goodbye();
  both.exchange();
  leat::detail::process_failure why;
  why.process = 1;
  why.text = "late";
  CHECK_FALSE(both.of[1]->tell_failure(why, both.now));  // it waits to hear what the other failed of
  both.of[1].reset();
  std::string said;
  try {
    both.exchange_of_first();
  } catch (leat::run_error const& error) {
    said = error.what();
  }
  CHECK(said == "late\n  as process 1 says");
}

TEST_CASE("a failure that takes more words than a frame holds is told by its beginning") {
  two_meshes both(1000, 1 << 26);
  leat::detail::process_failure why;
  why.process = 1;
  why.step = "flow.step";
  why.text = "it read " + std::string(20u << 20, 'x');
  why.cause = why.text;
  why.cause_type = "std::runtime_error";
  CHECK_FALSE(both.of[1]->tell_failure(why, both.now));
  both.of[1].reset();
  std::string said;
  try {
    both.exchange_of_first();
  } catch (leat::run_error const& error) {
    said = error.what();
  }
  CHECK(said.substr(0, 10) == "it read xx");
  CHECK(said.ends_with("x ...\n  as process 1 says"));
}

TEST_CASE("a process that fails at its very end fails the others, of the same cause") {
  for (std::uint64_t seed = 1; seed != 60; ++seed) {
    CAPTURE(seed);
    leat::flow flow{"late"};
    flow.input("in", leat::test::one_at_a_time<int>(ones(3))) | leat::redistribute("spread") |
        leat::output("out", fails_at_the_end{});
    leat::detail::simulated_cluster cluster(flow.description(), cluster_of(2, 1, seed));
    CHECK_THROWS_AS(cluster.run(), leat::run_error);
    for (unsigned i = 0; i != 2; ++i) {
      std::string said;
      try {
        cluster.process(i).rethrow();
      } catch (leat::run_error const& error) {
        said = error.what();
      }
      CHECK(said.find("the disk is full") != std::string::npos);
    }
  }
}

TEST_CASE("a link that is cut fails both of its processes") {
  for (std::uint64_t seed = 1; seed != 40; ++seed) {
    CAPTURE(seed);
    std::vector<int> got;
    leat::flow flow{"cut"};
    flow.input("in", leat::test::one_at_a_time<int>(ones(2000))) | leat::redistribute("spread") |
        leat::output("out", leat::to::collect(got));
    leat::detail::simulated_cluster cluster(flow.description(), cluster_of(2, 2, seed));
    cluster.world().after(std::chrono::milliseconds(1), [&] { cluster.link(0).cut(); });
    CHECK_THROWS_AS(cluster.run(), leat::run_error);
    for (unsigned i = 0; i != 2; ++i) {
      std::string said;
      try {
        cluster.process(i).rethrow();
      } catch (leat::run_error const& error) {
        said = error.what();
      }
      CHECK(said.find("process " + std::to_string(1 - i) + " was lost") != std::string::npos);
    }
  }
}

TEST_CASE("partitions are shared out over the cluster, each to a process that has it") {
  for (std::uint64_t seed = 1; seed != 20; ++seed) {
    CAPTURE(seed);
    std::vector<std::pair<std::string, unsigned>> got;
    leat::flow flow{"parts"};
    flow.input("in", local_parts{}) | leat::output("out", leat::to::collect(got));
    leat::detail::simulated_cluster(flow.description(), cluster_of(3, 2, seed)).run();
    std::sort(got.begin(), got.end());
    REQUIRE(got.size() == 4);
    std::vector<unsigned> processes{got[0].second / 2, got[1].second / 2, got[2].second / 2};
    std::sort(processes.begin(), processes.end());
    CHECK(processes == std::vector<unsigned>{0, 1, 2});
    CHECK(got[3].first == "shared");
    CHECK(got[3].second % 2 == 1);  // the first worker of each process has one already
  }
}

TEST_CASE("a stop in one process is a stop in all") {
  for (std::uint64_t seed = 1; seed != 20; ++seed) {
    CAPTURE(seed);
    std::vector<int> got;
    leat::flow flow{"endless"};
    flow.input("in", leat::test::one_at_a_time<int>({ones(1'000'000), ones(1'000'000), ones(1'000'000)})) |
        leat::redistribute("spread") | leat::output("out", leat::to::collect(got));
    leat::detail::simulated_cluster cluster(flow.description(), cluster_of(3, 1, seed));
    cluster.world().after(std::chrono::milliseconds(5), [&] { cluster.process(2).stop(); });
    cluster.run();
    CHECK(!got.empty());
    CHECK(got.size() < 3'000'000);
  }
}

TEST_CASE("sealed frames carry the same as others") {
  for (std::size_t const capacity : {1u, 63u, 100'000u}) {
    two_meshes net(100'000, capacity, true);
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
      CHECK(message_in.which.epoch == 3);
      give_back(in, message_in);
      net.exchange();
    }
  }
}

TEST_CASE("a sealed frame that was altered, left out, said twice, or is of the other direction is refused") {
  using leat::detail::frame_seal;
  struct honest_and_stranger : mesh_and_stranger {
    honest_and_stranger() {
      auto [first, second] = leat::test::memory_links(1 << 20);
      leat::detail::connections ends(2);
      ends[1] = std::move(first);
      stranger = std::move(second);
      mesh::settings how = settings(0, 1000);
      how.seals = two_meshes::seals(0);
      here = std::make_unique<mesh>(flow.description(), std::move(how), std::move(ends));
    }
    static std::vector<std::byte> sealed(frame_seal& by, std::uint32_t sequence) {
      frame_header header;
      header.type = frame_type::stop;
      header.sequence = sequence;
      std::vector<std::byte> bytes(frame_header::size + frame_seal::size);
      header.write(bytes.data());
      auto sum = by.begin({});
      by.finish(sum, {bytes.data(), frame_header::size}, sequence, bytes.data() + frame_header::size);
      return bytes;
    }
  };
  auto const seals = two_meshes::seals(1);  // of the process that the stranger plays
  auto const good = [&](std::uint32_t sequence) { return honest_and_stranger::sealed(*seals[0].out, sequence); };
  auto const outcome = [](std::vector<std::vector<std::byte>> const& frames) {
    honest_and_stranger all;
    std::string said;
    for (auto const& frame : frames) {
      all.send_bytes(frame);
      said = all.turn();
    }
    return said;
  };
  std::string const unproved = "process 1 does not speak as this program does: a frame that the key of this connection "
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

TEST_CASE("names of partitions that do not fit one frame are refused by who has them, with the step") {
  two_meshes net;
  std::vector<std::string> many(20'000, std::string(1000, 'x'));
  leat::detail::partition_lists const lists{{1, many}};
  try {
    net.of[0]->share(lists);
    FAIL("they were told");
  } catch (leat::run_error const& error) {
    CHECK(std::string(error.what()).find("step \"flow.out\"") == 0);
    CHECK(std::string(error.what()).find("it has 20000 partitions") != std::string::npos);
    CHECK(std::string(error.what()).find("at most 16 MiB can be told to other processes") != std::string::npos);
  }
  many.resize(10);
  net.of[0]->share({{1, many}});
  net.of[1]->share({{1, many}});
  net.exchange();
  CHECK(net.of[1]->all_have_shared());
}
