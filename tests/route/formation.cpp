// SPDX-License-Identifier: BSL-1.0
#include <leat/route/codec/little_endian.hpp>
#include <leat/route/formation/formation.hpp>

#include <doctest/doctest.h>

#include "fixture/memory_network.hpp"

#include <leat/from/iterable.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/state/count_final.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using leat::cluster_error;
using leat::detail::cluster_config;
using leat::detail::formation;
using leat::detail::hello;

namespace {

/// One process that is to take part.
struct candidate {
  candidate(leat::test::memory_network& net, cluster_config config, std::uint64_t chance)
      : own_config(std::move(config)),
        door(net),
        forming(
            door, own_config,
            [chance]() mutable { return chance = chance * 6364136223846793005u + 1442695040888963407u; },
            [this](std::string const& line) { log_lines.push_back(line); }) {}

  /// What it failed of, as text; once it has, it is gone.
  bool turn(leat::steady_time now) {
    if (!failure.empty()) return false;
    try {
      return forming.turn(now);
    } catch (cluster_error const& error) {
      failure = error.what();
      status = static_cast<int>(error.exit_status);
      return true;
    }
  }
  bool formed() const { return forming.formed(); }

  cluster_config own_config;
  leat::test::memory_network::door door;
  std::vector<std::string> log_lines;
  formation forming;
  std::string failure;
  int status = 0;
};

struct world {
  explicit world(unsigned processes, std::size_t capacity = 4096) : net(capacity) {
    like.flow = "flow f\nf.in (input)\n";
    for (unsigned i = 0; i != processes; ++i) like.addresses.push_back("host" + std::to_string(i) + ":1");
  }
  cluster_config member(unsigned process) const {
    cluster_config config = like;
    config.process = process;
    return config;
  }
  candidate& start(cluster_config const& config) {
    running.push_back(std::make_unique<candidate>(net, config, ++chance));
    return *running.back();
  }
  candidate& start(unsigned process) { return start(member(process)); }
  void stop(candidate const& stopped) {
    std::erase_if(running, [&](auto const& candidate) { return candidate.get() == &stopped; });
  }
  /// Lets all that can happen happen, and this much time pass.
  void advance(std::chrono::nanoseconds duration) {
    for (leat::steady_time const until = now + duration; now < until;) {
      bool progress = true;
      while (progress) {
        progress = false;
        for (auto const& candidate : running) progress = candidate->turn(now) || progress;
      }
      now += 1ms;
    }
  }
  bool all_formed() const {
    for (auto const& candidate : running)
      if (!candidate->formed()) return false;
    return true;
  }

  leat::test::memory_network net;
  cluster_config like;
  std::vector<std::unique_ptr<candidate>> running;
  leat::steady_time now{100s};
  std::uint64_t chance = 0;
};

struct text_and_number {
  std::string text;
  std::int64_t number = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    a & text & number;
  }
};
struct number_and_text {
  std::string text;
  std::int64_t number = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    a & number & text;
  }
};
struct text_and_short_number {
  std::string text;
  std::int32_t number = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    a & text & number;
  }
};
struct text_and_two_numbers {
  std::string text;
  std::int64_t number = 0;
  std::int64_t another = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    a & text & number & another;
  }
};

/// A flow in which such records travel, and then such keys, as processes compare it.
template <class Record, class Key = std::string>
std::string flow_of() {
  leat::flow flow("f");
  auto counts = flow.input("in", leat::from::iterable(std::vector<Record>())) | leat::redistribute("spread") |
                leat::count_final("count", [](Record const&) { return Key(); });
  return describe(leat::detail::stream_access::graph_of(counts));
}

void log(leat::connection& to, std::span<std::byte const> bytes) { REQUIRE(to.send({&bytes, 1}) == bytes.size()); }
std::vector<std::byte> heard(leat::connection& from) {
  std::vector<std::byte> bytes(4096);
  bytes.resize(from.receive(bytes));
  return bytes;
}

}  // namespace

TEST_CASE("processes that belong together form, in whatever order they start") {
  for (std::size_t capacity : {1u, 7u, 4096u})
    for (std::vector<unsigned> const& order :
         {std::vector<unsigned>{0, 1}, {1, 0}, {0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {3, 0, 2, 1}}) {
      world world(static_cast<unsigned>(order.size()), capacity);
      for (unsigned process : order) {
        CHECK_FALSE((!world.running.empty() && world.all_formed()));
        world.start(process);
        world.advance(30ms);
      }
      world.advance(3s);
      CHECK(world.all_formed());
      for (auto const& candidate : world.running) {
        leat::detail::connections const links = candidate->forming.take();
        REQUIRE(links.size() == order.size());
        for (unsigned i = 0; i != links.size(); ++i)
          CHECK((links[i] == nullptr) == (i == candidate->own_config.process));
      }
    }
}

TEST_CASE("a process that was started again while the cluster formed takes its own place") {
  world world(3);
  world.start(0);
  candidate& first_run = world.start(1);
  world.advance(1s);
  world.stop(first_run);
  world.advance(1s);
  world.start(1);
  world.advance(1s);
  world.start(2);
  world.advance(5s);
  CHECK(world.all_formed());
}

TEST_CASE("whoever has gone is told nothing more of who takes part, whenever a process is started again") {
  unsigned parted = 0;
  std::array<unsigned, 3> order{0, 1, 2};
  do {
    for (unsigned turns = 0; turns != 40; ++turns) {
      world world(3);
      std::array<candidate*, 3> const members{&world.start(0), &world.start(1), &world.start(2)};
      for (unsigned i = 0; i != turns; ++i) members[order[i % 3]]->turn(world.now);
      if (world.all_formed()) break;
      world.stop(*members[0]);
      world.start(0);
      world.advance(10s);
      for (auto const& candidate : world.running) {
        if (!candidate->formed()) continue;
        if (!world.all_formed()) ++parted;
        for (auto const& link : candidate->forming.take())
          if (link) CHECK(heard(*link).empty());
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(parted != 0);  // it came to that
}

namespace {

/// Dials through another door, and keeps back what is said until it is let go: a network that is slow just then.
class slow_network final : public leat::network {
 public:
  explicit slow_network(leat::network& through) : through_(through) {}
  bool listen(std::string const& address) override { return through_.listen(address); }
  std::unique_ptr<leat::connection> accept() override { return through_.accept(); }
  std::unique_ptr<leat::connection> connect(std::string const& address) override {
    lines_.push_back(through_.connect(address));
    kept_.emplace_back();
    return std::make_unique<slow_connection>(*this, lines_.size() - 1);
  }
  /// What was said comes, and then that this was all.
  void release() {
    for (std::size_t i = 0; i != lines_.size(); ++i) log(*lines_[i], kept_[i]);
    lines_.clear();
  }
  bool slow = false;

 private:
  class slow_connection final : public leat::connection {
   public:
    slow_connection(slow_network& of, std::size_t line) : of_(of), line_(line) {}
    std::size_t send(std::span<piece const> pieces) override {
      if (!of_.slow) return of_.lines_[line_]->send(pieces);
      std::size_t taken = 0;
      for (piece const& part : pieces) {
        of_.kept_[line_].insert(of_.kept_[line_].end(), part.begin(), part.end());
        taken += part.size();
      }
      return taken;
    }
    std::size_t receive(std::span<std::byte> into) override { return of_.lines_[line_]->receive(into); }
    bool open() const override { return of_.lines_[line_]->open(); }

   private:
    slow_network& of_;
    std::size_t line_;
  };

  leat::network& through_;
  std::vector<std::unique_ptr<leat::connection>> lines_;
  std::vector<std::vector<std::byte>> kept_;
};

}  // namespace

TEST_CASE(
    "who waits for the go of a third sees that one closes which has said it, and keeps what one says that has gone") {
  world world(2);
  cluster_config const own_config[2] = {world.member(0), world.member(1)};
  hello words[2] = {own_config[0].own_hello(), own_config[1].own_hello()};
  words[0].nonce = {1, 2};
  words[1].nonce = {3, 4};
  leat::detail::digest const view{};
  for (bool closes : {false, true}) {
    CAPTURE(closes);
    auto links = leat::test::memory_links();
    auto lower = std::make_unique<leat::detail::handshake>(std::move(links.first), own_config[0], words[0], 1u,
                                                           leat::detail::never);
    auto const higher = std::make_unique<leat::detail::handshake>(std::move(links.second), own_config[1], words[1],
                                                                  std::nullopt, leat::detail::never);
    auto const talk = [&] {
      while (lower->turn() || higher->turn()) {
      }
    };
    talk();
    for (auto* end : {lower.get(), higher.get()}) end->send_view(view);
    talk();
    for (auto* end : {lower.get(), higher.get()}) end->send_go(view);
    talk();
    REQUIRE(lower->goes(view));
    REQUIRE(higher->goes(view));
    CHECK(higher->open());
    if (closes) {
      lower.reset();
      higher->turn();
      CHECK_FALSE(higher->open());
    } else {
      std::vector<std::byte> const frame{std::byte{7}, std::byte{8}, std::byte{9}};
      log(*lower->take(), frame);
      higher->turn();
      CHECK(higher->open());
      auto const link = higher->take();
      CHECK(heard(*link) == frame);
      CHECK(link->open());
      CHECK(heard(*link).empty());
      CHECK_FALSE(link->open());
    }
  }
}

TEST_CASE("the last words of an earlier run that come late do not take the place of the one that runs") {
  world world(3);
  candidate& higher = world.start(1);
  higher.turn(world.now);
  leat::test::memory_network::door door(world.net);
  door.listens_at = "another host";
  slow_network slow(door);
  {
    formation first_run(
        slow, world.member(0), [chance = std::uint64_t{99}]() mutable { return chance += 2; },
        [](std::string const&) {});
    first_run.turn(world.now);
    higher.turn(world.now);
    slow.slow = true;
    first_run.turn(world.now);  // it proves itself, and is killed
  }
  candidate& second_run = world.start(0);
  world.advance(100ms);
  slow.release();
  world.advance(5s);
  world.start(2);
  world.advance(5s);
  CHECK(higher.failure == "");
  CHECK(second_run.failure == "");
  CHECK(world.all_formed());
}

TEST_CASE("two that run as the same process are found out") {
  world world(3);
  candidate& process_1 = world.start(1);
  world.start(0);
  world.start(0).door.listens_at = "another host";
  world.advance(5s);
  CHECK(process_1.failure == "two processes run as process 0: each process has a number of its own");
  CHECK(process_1.status == 76);
}

TEST_CASE("both sides are told the field that differs, and both its values") {
  auto const differ = [](std::function<void(cluster_config&)> const& change, std::string const& here,
                         std::string const& there) {
    world world(2);
    candidate& process_0 = world.start(0);
    cluster_config other = world.member(1);
    change(other);
    candidate& process_1 = world.start(other);
    world.advance(2s);
    CHECK(process_0.failure == "process 1 (host1:1) cannot be in one cluster with this process: " + here);
    CHECK(process_1.failure == "process 0 cannot be in one cluster with this process: " + there);
    CHECK(process_0.status == 76);
    CHECK(process_1.status == 76);
  };
  differ([](cluster_config& m) { m.workers = 3; }, "the number of workers per process differs: here 1, there 3",
         "the number of workers per process differs: here 3, there 1");
  differ([](cluster_config& m) { m.addresses.push_back("host2:1"); },
         "the number of processes differs: here 2, there 3", "the number of processes differs: here 3, there 2");
  differ([](cluster_config& m) { m.addresses[0] = "host9:1"; },
         "the list of addresses differs: here \"host0:1\", there \"host9:1\"",
         "the list of addresses differs: here \"host9:1\", there \"host0:1\"");
  differ([](cluster_config& m) { m.flow = "flow f\nf.in (map)\n"; },
         "the flow differs: here \"f.in (input)\", there \"f.in (map)\"",
         "the flow differs: here \"f.in (map)\", there \"f.in (input)\"");
  differ([](cluster_config& m) { m.flow += "f.out (output)\n"; },
         "the flow differs: here nothing, there \"f.out (output)\"",
         "the flow differs: here \"f.out (output)\", there nothing");
  differ([](cluster_config& m) { m.channel_bytes = 4; },
         "the credit of a channel in bytes (--channel-bytes) differs: here 0, there 4",
         "the credit of a channel in bytes (--channel-bytes) differs: here 4, there 0");
}

TEST_CASE("both sides are told the step whose records differ, and what they consist of") {
  std::string const same = flow_of<text_and_number>();
  world cluster(2);
  cluster.like.flow = same;
  cluster.start(0);
  cluster.start(1);
  cluster.advance(2s);
  CHECK(cluster.all_formed());

  auto const differ = [&](std::string const& theirs, std::string const& step, std::string const& here,
                          std::string const& there) {
    world two(2);
    two.like.flow = same;
    candidate& process_0 = two.start(0);
    cluster_config other = two.member(1);
    other.flow = theirs;
    candidate& process_1 = two.start(other);
    two.advance(2s);
    auto const sentence = [&](std::string const& own, std::string const& its) {
      return " cannot be in one cluster with this process: the flow differs: here \"" + step + " sends " + own +
             "\", there \"" + step + " sends " + its + "\"";
    };
    CHECK(process_0.failure == "process 1 (host1:1)" + sentence(here, there));
    CHECK(process_1.failure == "process 0" + sentence(there, here));
    CHECK(process_0.status == 76);
    CHECK(process_1.status == 76);
  };
  differ(flow_of<number_and_text>(), "f.spread", "{S(c1) i8}", "{i8 S(c1)}");
  differ(flow_of<text_and_short_number>(), "f.spread", "{S(c1) i8}", "{S(c1) i4}");
  differ(flow_of<text_and_two_numbers>(), "f.spread", "{S(c1) i8}", "{S(c1) i8 i8}");
  differ(flow_of<text_and_number, int>(), "f.count.sum.exchange", "T(S(c1) u8)", "T(i4 u8)");
}

TEST_CASE("of records that consist of much, what stands around the difference is told") {
  auto const line = [](std::string const& last) {
    std::string text = "f.step sends {";
    for (int i = 0; i != 500; ++i) text += "i4 ";
    return text + last + " z1 S(c1)}";
  };
  world world(2);
  world.like.flow = line("u8");
  candidate& process_0 = world.start(0);
  cluster_config other = world.member(1);
  other.flow = line("f8");
  candidate& process_1 = world.start(other);
  world.advance(2s);
  for (std::string const& told : {process_0.failure, process_1.failure}) {
    CHECK(told.size() < 1000);
    CHECK(told.find("\"f.step sends {i4 ") != std::string::npos);
    CHECK(told.find(" ... ") != std::string::npos);
    CHECK(told.find("i4 u8 z1 S(c1)}\"") != std::string::npos);
    CHECK(told.find("i4 f8 z1 S(c1)}\"") != std::string::npos);
  }
}

TEST_CASE("without the secret nobody takes part, and whoever waits is not disturbed") {
  world world(2);
  candidate& process_1 = world.start(1);
  cluster_config wrong = world.member(0);
  wrong.secret = "guessed";
  wrong.time_to_form = 20s;
  candidate& stranger = world.start(wrong);
  world.advance(1s);
  REQUIRE(stranger.log_lines.size() == 1);
  CHECK(stranger.log_lines[0].find(
            "leat: process 1 (host1:1) cannot be in one cluster with this process: its secret is not this one's") == 0);
  CHECK(stranger.log_lines[0].find(
            "a stranger may have answered in its place, so it is tried again for 20 s (--formation-timeout)") !=
        std::string::npos);
  CHECK(stranger.failure.empty());
  CHECK(process_1.failure.empty());
  REQUIRE(process_1.log_lines.size() == 1);
  CHECK(process_1.log_lines[0].find("process 0 was sent away: its secret is not this one's") != std::string::npos);
  world.advance(5s);
  REQUIRE(process_1.log_lines.size() == 2);
  CHECK(process_1.log_lines[1].find("waiting for process 0") != std::string::npos);
  CHECK(process_1.log_lines[1].find("it came and was sent away: its secret is not this one's") != std::string::npos);
  world.advance(15s);
  CHECK(stranger.failure.find(
            "the cluster did not form within 20 s: process 1 (host1:1): its secret is not this one's") == 0);
  CHECK(stranger.status == 76);
  world.stop(stranger);
  world.start(0);
  world.advance(2s);
  CHECK(world.all_formed());
}

namespace {

using bytes = std::vector<std::byte>;

/// Who has no secret, but a hand on every line: he dials, is dialed, and passes on what he likes.
struct attacker {
  explicit attacker(world& of) : world_(of) {}

  /// From now on whoever dials this process reaches him.
  void stands_at(std::string const& address) {
    door.emplace(world_.net);
    door->listens_at = address;
    door->listen(address);
  }
  std::unique_ptr<leat::connection> answers() {
    std::unique_ptr<leat::connection> caller;
    for (int i = 0; i != 2000 && !caller; ++i) {
      world_.advance(1ms);
      caller = door->accept();
    }
    REQUIRE(caller);
    return caller;
  }
  bytes hears(leat::connection& from) {
    bytes heard_all;
    for (int i = 0; i != 4; ++i) {
      world_.advance(1ms);
      bytes const more = heard(from);
      heard_all.insert(heard_all.end(), more.begin(), more.end());
    }
    return heard_all;
  }
  /// What follows a hello: the first that the secret has part in.
  bytes signed_after(leat::connection& from) {
    bytes words = hears(from);
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(std::min(words.size(), hello::size)));
    return words;
  }
  static void says(leat::connection& to, bytes const& words) {
    leat::connection::piece const part(words);
    if (to.open()) to.send({&part, 1});
  }

  world& world_;
  std::optional<leat::test::memory_network::door> door;
};

/// An attacker between processes 0 and 1: process 0 has dialed him, and he has dialed process 1.
struct attacker_between {
  explicit attacker_between(world& world) : process_1(world.start(1)), mallory(world) {
    process_1.door.listens_at = "where host1 is";
    world.advance(1ms);
    mallory.stands_at("host1:1");
    process_0 = &world.start(0);
    caller = mallory.answers();
    called = world.net.connect("where host1 is");
  }

  candidate& process_1;
  attacker mallory;
  candidate* process_0 = nullptr;
  std::unique_ptr<leat::connection> caller;  ///< process 0
  std::unique_ptr<leat::connection> called;  ///< process 1
};

bytes written(hello const& words) {
  hello::bytes const encoded = words.write();
  return {encoded.begin(), encoded.end()};
}
hello read_hello(bytes const& from) {
  hello::bytes encoded{};
  REQUIRE(from.size() >= encoded.size());
  std::copy_n(from.begin(), encoded.size(), encoded.begin());
  hello words;
  words.read(encoded);
  return words;
}

/// What a stranger says who makes himself process 0, that means process 1.
hello strangers_words(world const& world) {
  hello words = world.member(0).own_hello();
  words.nonce = {1, 2};
  words.challenge = {3, 4};
  words.role = hello::dials;
  words.other = 1;
  words.protection = hello::messages_and_frames;
  return words;
}

world with_secret(unsigned processes = 2) {
  world world(processes, 1 << 16);
  world.like.secret = "known to two";
  return world;
}

bytes word_of(std::uint32_t kind, bytes const& payload) {
  bytes words(8);
  leat::detail::put_little_endian(static_cast<std::uint32_t>(payload.size()),
                                  leat::detail::put_little_endian(kind, words.data()));
  words.insert(words.end(), payload.begin(), payload.end());
  return words;
}

}  // namespace

TEST_CASE("security: who dials is given nothing that the secret has part in before he has proved himself") {
  world world = with_secret();
  world.start(1);
  world.advance(1ms);
  attacker mallory(world);
  auto const link = world.net.connect("host1:1");
  CHECK(mallory.hears(*link).empty());  // not even a hello, as long as he says none
  attacker::says(*link, written(strangers_words(world)));
  CHECK(mallory.hears(*link).size() == hello::size);
  attacker::says(*link, word_of(1, bytes(32)));
  bytes const refused = mallory.hears(*link);
  REQUIRE(refused.size() > 8);
  CHECK(refused[0] == std::byte{5});
  std::string const reason(reinterpret_cast<char const*>(refused.data()) + 8, refused.size() - 8);
  CHECK(reason == "its secret is not this one's: all processes of a cluster need the same secret, or none");
}

TEST_CASE("security: a stranger between two processes passes on their words, and becomes neither of them") {
  // He may pass on all that is said: then he is a line. Whatever else he says ends the connection.
  for (int altered = -1; altered != 10; ++altered) {
    CAPTURE(altered);
    world world = with_secret();
    attacker_between lines(world);
    int passed = 0;
    for (int round = 0; round != 20; ++round)
      for (auto const& [from, to] :
           {std::pair(lines.caller.get(), lines.called.get()), std::pair(lines.called.get(), lines.caller.get())}) {
        world.advance(1ms);
        bytes words = heard(*from);
        if (words.empty()) continue;
        if (passed++ == altered) words.back() ^= std::byte{1};
        attacker::says(*to, words);
      }
    bool const reached = altered >= passed;
    CHECK(world.all_formed() == (altered < 0 || reached));
    if (altered < 0) {
      // And what follows he can neither read a key from nor forge: each direction has its own.
      auto here = lines.process_0->forming.seals();
      auto there = lines.process_1.forming.seals();
      REQUIRE(here[1].out);
      bytes const payload(16), header(leat::detail::frame_header::size);
      std::array<std::byte, leat::detail::frame_seal::size> seal{};
      auto sum = here[1].out->begin(payload);
      here[1].out->finish(sum, header, 7, seal.data());
      CHECK(there[0].in->good(payload, header, 7, seal.data()));
      CHECK_FALSE(there[0].in->good(payload, header, 8, seal.data()));
      CHECK_FALSE(here[1].in->good(payload, header, 7, seal.data()));
    }
  }
}

TEST_CASE("security: what process 0 proves to a stranger does not make him process 0") {
  // The attack of protocol 1: he only dials, or answers; shows the proof of one to the other; and makes view and go
  // himself of what stands in the hellos.
  world world = with_secret();
  attacker_between lines(world);
  attacker& mallory = lines.mallory;
  candidate& process_1 = lines.process_1;
  leat::connection* const caller = lines.caller.get();
  leat::connection* const called = lines.called.get();
  hello words = read_hello(mallory.hears(*caller));
  attacker::says(*called, written(words));
  hello const answer = read_hello(mallory.hears(*called));
  attacker::says(*caller, written(answer));
  attacker::says(*called, mallory.hears(*caller));  // the proof of process 0
  bytes const proved = mallory.hears(*called);      // and that of process 1, with what it is made of
  REQUIRE(proved.size() > 40);
  leat::detail::sha256 sum;
  for (hello const& greeting : {words, answer})
    for (std::uint64_t part : greeting.nonce) {
      std::array<std::byte, 8> little{};
      leat::detail::put_little_endian(part, little.data());
      sum.add(little);
    }
  leat::detail::digest const view = sum.result();
  leat::byte_buffer const made_of = world.member(0).description();
  bytes const described(made_of.data(), made_of.data() + made_of.size());
  for (bytes const& tail : {bytes(), bytes(32)}) {
    bytes forged = word_of(2, described);
    forged.insert(forged.end(), tail.begin(), tail.end());
    for (std::uint32_t kind : {3u, 4u}) {
      bytes const next = word_of(kind, bytes(view.begin(), view.end()));
      forged.insert(forged.end(), next.begin(), next.end());
      forged.insert(forged.end(), tail.begin(), tail.end());
    }
    attacker::says(*called, forged);
    world.advance(10ms);
  }
  CHECK_FALSE(process_1.formed());
  CHECK_FALSE(lines.process_0->formed());
  REQUIRE(!process_1.log_lines.empty());
  CHECK(process_1.log_lines.back().find("is not authenticated by the key of this connection") != std::string::npos);
}

TEST_CASE("security: a cluster that has formed signs nothing, whoever comes with whose hello") {
  world cluster = with_secret();
  candidate& process_1 = cluster.start(1);
  cluster.start(0);
  cluster.advance(1s);
  REQUIRE(cluster.all_formed());
  // Another cluster of the same secret and the same flow comes together elsewhere.
  world other = with_secret();
  other.chance = 100;
  attacker mallory(other);
  mallory.stands_at("host1:1");
  candidate& victim = other.start(0);
  auto const caller = mallory.answers();
  bytes const words = mallory.hears(*caller);
  auto const oracle = cluster.net.connect("host1:1");
  attacker::says(*oracle, words);
  attacker asks(cluster);
  bytes const answer = asks.hears(*oracle);
  REQUIRE(answer.size() > hello::size);
  std::string const rest(reinterpret_cast<char const*>(answer.data()) + hello::size + 8,
                         answer.size() - hello::size - 8);
  CHECK(rest == "the cluster has formed already");
  attacker::says(*caller, bytes(answer.begin(), answer.begin() + hello::size));
  attacker::says(*oracle, mallory.hears(*caller));  // a good proof, too late
  CHECK(asks.hears(*oracle).empty());
  CHECK_FALSE(victim.formed());
  CHECK(process_1.failure.empty());
}

TEST_CASE("security: what was said once does not serve again") {
  world world = with_secret();
  attacker_between lines(world);
  std::vector<bytes> refusals;
  for (int i = 0; i != 6; ++i) {
    refusals.push_back(lines.mallory.hears(*lines.caller));
    attacker::says(*lines.called, refusals.back());
    attacker::says(*lines.caller, lines.mallory.hears(*lines.called));
  }
  REQUIRE(lines.process_0->formed());
  world.stop(lines.process_1);
  candidate& again = world.start(1);
  again.door.listens_at = "where host1 is";
  world.advance(1ms);
  auto const replayed = world.net.connect("where host1 is");
  for (bytes const& words : refusals) {
    attacker::says(*replayed, words);
    world.advance(2ms);
  }
  CHECK_FALSE(again.formed());
  REQUIRE(!again.log_lines.empty());
  CHECK(again.log_lines.back().find("its secret is not this one's") != std::string::npos);
}

TEST_CASE("security: the words of a process, sent back to it, get nobody in") {
  for (bool const altered : {false, true}) {
    CAPTURE(altered);
    world world = with_secret();
    attacker mallory(world);
    mallory.stands_at("host1:1");
    candidate& process_0 = world.start(0);
    auto const mirror = mallory.answers();
    bytes words = mallory.hears(*mirror);
    if (altered) {  // as process 1 would say it
      hello changed = read_hello(words);
      changed.process = 1;
      changed.other = 0;
      changed.role = hello::accepts;
      changed.nonce = {7, 7};
      words = written(changed);
    }
    attacker::says(*mirror, words);
    bytes const proof = mallory.hears(*mirror);
    CHECK(proof.size() == (altered ? 40u : 0u));
    attacker::says(*mirror, proof);
    world.advance(2ms);
    CHECK_FALSE(process_0.formed());
    REQUIRE(process_0.log_lines.size() == 1);
    CHECK(process_0.log_lines[0].find(altered ? "its secret is not this one's"
                                              : "it answers with this process's own words") != std::string::npos);
  }
}

TEST_CASE("security: roles cannot be swapped, and nothing is signed for a process that is not meant") {
  struct attempt {
    char const* attempted;
    std::function<void(hello&)> change;
    char const* sentence;
  };
  for (auto const& [attempted, change, sentence] : std::vector<attempt>{
           {"as if it had been dialed", [](hello& h) { h.role = hello::accepts; }, "as if this process had connected"},
           {"the higher one dials", [](hello& h) { h.process = 2; }, "which waits for this one to connect"},
           {"the same number", [](hello& h) { h.process = 1; }, "both are process 1"},
           {"meant for another", [](hello& h) { h.other = 2; },
            "it means to speak to process 2, and this is process 1"},
           {"without a secret", [](hello& h) { h.protection = hello::unprotected; },
            "it has none, and this process has one"},
           {"frames without a key", [](hello& h) { h.protection = hello::messages_only; },
            "protected in another way (TLS)"}}) {
    CAPTURE(attempted);
    world world = with_secret(3);
    candidate& process_1 = world.start(1);
    world.advance(1ms);
    attacker mallory(world);
    hello words = strangers_words(world);
    change(words);
    auto const link = world.net.connect("host1:1");
    attacker::says(*link, written(words));
    CHECK(mallory.hears(*link).size() == hello::size);
    REQUIRE(process_1.log_lines.size() == 1);
    CHECK(process_1.log_lines[0].find(sentence) != std::string::npos);
    CHECK(process_1.failure.empty());
  }
}

TEST_CASE("security: a dialer signs nothing for a process that is not the one it dialed") {
  world world = with_secret(3);
  attacker mallory(world);
  mallory.stands_at("host1:1");
  candidate& process_0 = world.start(0);
  auto const caller = mallory.answers();
  mallory.hears(*caller);
  hello words = strangers_words(world);
  words.process = 2;
  words.other = 0;
  words.role = hello::accepts;
  attacker::says(*caller, written(words));
  CHECK(mallory.hears(*caller).empty());
  REQUIRE(process_0.log_lines.size() == 1);
  CHECK(process_0.log_lines[0].find("at host1:1, the address of process 1, answers process 2") != std::string::npos);
}

TEST_CASE(
    "security: who answers at the address of a process and proves nothing does not end who dialed, who tells what he "
    "says") {
  hello answer = strangers_words(with_secret());
  answer.process = 1;
  answer.other = 0;
  answer.role = hello::accepts;
  auto const changed = [&](std::function<void(hello&)> const& change) {
    hello words = answer;
    change(words);
    return written(words);
  };
  auto const followed_by = [&](bytes const& word) {
    bytes words = written(answer);
    words.insert(words.end(), word.begin(), word.end());
    return words;
  };
  for (auto const& [says, told] : std::vector<std::pair<bytes, std::string>>{
           {followed_by(word_of(5, bytes(2, std::byte{'x'}))),
            "it refused this process, without a proof of the secret: xx"},
           {followed_by(word_of(1, bytes(32))), "its secret is not this one's"},
           {changed([](hello& h) { h.protocol = 1; }), "the version of the protocol differs"},
           {changed([](hello& h) { h.process = 7; }), "answers process 7"},
           {changed([](hello& h) { h.protection = hello::unprotected; }),
            "its secret is not this one's: it has none"}}) {
    CAPTURE(told);
    world world = with_secret();
    attacker mallory(world);
    mallory.stands_at("host1:1");
    candidate& process_0 = world.start(0);
    for (int i = 0; i != 6; ++i) {
      auto const caller = mallory.answers();
      attacker::says(*caller, says);
      mallory.hears(*caller);
    }
    CHECK(process_0.failure.empty());
    REQUIRE(!process_0.log_lines.empty());
    CHECK(process_0.log_lines[0].find(told) != std::string::npos);
    CHECK(std::count(process_0.log_lines.begin(), process_0.log_lines.end(), process_0.log_lines[0]) == 1);
    mallory.door.reset();
    world.start(1);
    world.advance(5s);
    CHECK(world.all_formed());
  }
  // Without a secret nobody ever proves anything: what is said counts.
  world open_to_all(2);
  attacker mallory(open_to_all);
  mallory.stands_at("host1:1");
  candidate& process_0 = open_to_all.start(0);
  auto const caller = mallory.answers();
  answer.protection = hello::unprotected;
  attacker::says(*caller, followed_by(word_of(5, bytes(2, std::byte{'x'}))));
  mallory.hears(*caller);
  CHECK(process_0.failure.find("it refused this process: xx") != std::string::npos);
  CHECK(process_0.status == 76);
}

TEST_CASE("security: who changes what he refuses with does not fill the screen") {
  world world = with_secret();
  attacker mallory(world);
  mallory.stands_at("host1:1");
  candidate& process_0 = world.start(0);
  for (int i = 0; i != 40; ++i) {
    auto const caller = mallory.answers();
    hello words = strangers_words(world);
    words.process = 2 + static_cast<std::uint32_t>(i);
    words.role = hello::accepts;
    attacker::says(*caller, written(words));
    mallory.hears(*caller);
  }
  auto const about = [&](std::string const& text) {
    return std::count_if(process_0.log_lines.begin(), process_0.log_lines.end(),
                         [&](auto const& line) { return line.find(text) != std::string::npos; });
  };
  CHECK(about("cannot be in one cluster with this process") == 20);
  CHECK(process_0.failure.empty());
}

TEST_CASE("another version of the protocol is named by both sides, whoever connects and whoever is newer") {
  std::string const ours = std::to_string(hello::this_protocol);
  for (std::uint32_t const number : {1u, hello::this_protocol + 1})
    for (bool const this_one_connects : {false, true}) {
      CAPTURE(number);
      CAPTURE(this_one_connects);
      world world = with_secret();
      attacker another(world);
      hello words = strangers_words(world);
      words.protocol = number;
      if (this_one_connects) {
        words.role = hello::accepts;
        another.stands_at("host1:1");
      }
      candidate& process_1 = world.start(this_one_connects ? 0 : 1);
      world.advance(1ms);
      auto const link = this_one_connects ? another.answers() : world.net.connect("host1:1");
      bytes frame = written(words);
      frame.resize(number == 1 ? 96 : 120);  // beyond the beginning each version has a size of its own
      attacker::says(*link, frame);
      bytes const heard = another.hears(*link);
      REQUIRE(process_1.log_lines.size() == 1);
      CHECK(process_1.log_lines[0].find("the version of the protocol differs: here " + ours + ", there " +
                                        std::to_string(number)) != std::string::npos);
      // What the other one is told: a program of any version reads the beginning, and finds the number in it.
      REQUIRE(heard.size() >= hello::start_size);
      hello read;
      REQUIRE(read.read_start(std::span(heard).first<hello::start_size>()));
      CHECK(leat::detail::difference(words, read) ==
            "the version of the protocol differs: here " + std::to_string(number) + ", there " + ours);
    }
}

TEST_CASE("a process that is told to stop while the cluster forms takes the others with it") {
  for (unsigned const stopped : {0u, 1u, 2u})
    for (bool const all_there : {false, true}) {
      CAPTURE(stopped);
      CAPTURE(all_there);
      world world(4);
      for (unsigned i = 0; i != (all_there ? 4u : 3u); ++i) world.start(i);
      if (all_there) {
        for (unsigned i = 0; i != 5; ++i) world.running[i % 4]->turn(world.now);
      } else {
        world.advance(100ms);
      }
      world.running[stopped]->forming.stop(world.now);
      for (int i = 0; i != 1200 && !world.running.empty(); ++i) {
        world.advance(1ms);
        std::erase_if(world.running, [&](auto const& each) { return each->forming.stopped(world.now); });
        for (auto const& each : world.running) CHECK(each->failure == "");
      }
      if (!all_there) CHECK(world.running.empty());
    }
}

TEST_CASE("a process whose own name is not known yet tries until the time is over") {
  world cluster(2);
  cluster.like.time_to_form = 12s;
  candidate& process_0 = cluster.start(0);
  candidate& process_1 = cluster.start(1);
  process_1.door.unknown = true;
  cluster.advance(6s);
  CHECK(process_1.failure == "");
  REQUIRE(!process_1.log_lines.empty());
  CHECK(process_1.log_lines.back() == "leat: cannot listen at host1:1: Name or service not known");
  process_1.door.unknown = false;
  cluster.advance(2s);
  CHECK(cluster.all_formed());
  CHECK(process_0.failure == "");

  world never(2);
  never.like.time_to_form = 2s;
  candidate& lost = never.start(1);
  lost.door.unknown = true;
  never.advance(3s);
  CHECK(lost.failure.find("cannot listen at host1:1: Name or service not known") != std::string::npos);
  CHECK(lost.status == 75);
}

TEST_CASE("a process that only connects needs no address of its own, and does not ask for one once it has formed") {
  world world(2);
  candidate& process_0 = world.start(0);
  candidate& process_1 = world.start(1);
  process_0.door.unknown = true;
  world.advance(6s);
  CHECK(world.all_formed());
  process_0.door.unknown = false;
  process_0.door.open_to_others = true;  // without a secret it could not be
  world.advance(6s);
  CHECK(process_0.failure == "");
  CHECK(process_1.failure == "");
}

TEST_CASE("what takes more than a MiB to describe is told by its length") {
  world world(2);
  world.like.flow = std::string(2u << 20, 'x');
  candidate& process_0 = world.start(0);
  world.advance(1ms);
  CHECK(process_0.failure.find("bytes to describe, and processes tell each other 1 MiB at most") != std::string::npos);
}

TEST_CASE("strangers are sent away, before and after the cluster has formed") {
  world world(2);
  candidate& process_1 = world.start(1);
  world.advance(1ms);
  auto const knock = [&] {
    std::vector<std::unique_ptr<leat::connection>> strangers;
    for (std::string const& noise : {std::string("GET / HTTP/1.1\r\n\r\n") + std::string(200, ' '),
                                     std::string(3000, '\xff'), std::string("le")}) {
      strangers.push_back(world.net.connect("host1:1"));
      log(*strangers.back(), std::as_bytes(std::span(noise)));
    }
    strangers.push_back(world.net.connect("host1:1"));  // says nothing
    world.advance(6s);
    for (auto const& stranger : strangers) {
      while (!heard(*stranger).empty()) {
      }
      CHECK_FALSE(stranger->open());
    }
  };
  knock();
  CHECK(process_1.failure.empty());
  world.start(0);
  world.advance(2s);
  CHECK(world.all_formed());
  knock();
  CHECK(world.all_formed());
  CHECK(process_1.failure.empty());
}

namespace {

/// People who connect to process 1, say a part of what they could, and connect again as soon as they are sent away.
struct crowd {
  crowd(world& of, std::size_t count, bytes greeting) : world_(of), says(std::move(greeting)) {
    for (std::size_t i = 0; i != count; ++i) links.push_back(knock());
  }
  std::unique_ptr<leat::connection> knock() const {
    std::unique_ptr<leat::connection> link = world_.net.connect("host1:1");
    log(*link, says);
    return link;
  }
  /// How many are still let wait.
  std::size_t inside() {
    return static_cast<std::size_t>(std::count_if(links.begin(), links.end(), [](auto const& link) {
      while (!heard(*link).empty()) {
      }
      return link->open();
    }));
  }
  void come_again() {
    for (auto& link : links)
      if (heard(*link).empty() && !link->open()) link = knock();
  }

  world& world_;
  bytes says;
  std::vector<std::unique_ptr<leat::connection>> links;
};

}  // namespace

TEST_CASE(
    "security: strangers who prove nothing have a bounded number of places, those for five seconds, and no one waits "
    "for them") {
  world world = with_secret();
  world.start(1);
  world.advance(1ms);
  bytes const greeting = written(strangers_words(world));
  for (bytes const& says : {bytes(), bytes(greeting.begin(), greeting.begin() + 50), greeting}) {
    CAPTURE(says.size());
    crowd strangers(world, 40, says);
    world.advance(1ms);
    // Who waits at the door would keep the thread from its sleep.
    CHECK(world.net.waiting_at("host1:1") == 0);
    CHECK(strangers.inside() == 16 + 2);  // and one for each process
    world.advance(4s);
    CHECK(strangers.inside() == 16 + 2);
    world.advance(2s);
    CHECK(strangers.inside() == 0);
  }
}

TEST_CASE("security: strangers who prove nothing and come again and again do not keep a process from its place") {
  bytes const greeting = written(strangers_words(with_secret(3)));
  for (bytes const& says : {bytes(), bytes(greeting.begin(), greeting.begin() + 50), greeting}) {
    CAPTURE(says.size());
    world world = with_secret(3);
    world.start(1);
    world.advance(1ms);
    crowd strangers(world, 40, says);
    auto const pass = [&](std::chrono::milliseconds time) {
      for (auto i = 0ms; i != time; i += 100ms) {
        world.advance(100ms);
        strangers.come_again();
      }
    };
    pass(1s);
    world.start(0);
    pass(3s);
    world.start(2);
    pass(3s);
    CHECK(world.all_formed());
    pass(6s);
    CHECK(world.net.waiting_at("host1:1") <= 40);  // those of this moment
    world.advance(1ms);
    CHECK(world.net.waiting_at("host1:1") == 0);
  }
}

TEST_CASE("security: who has proved himself is not sent away for strangers, however many they are") {
  world world = with_secret(3);
  candidate& process_1 = world.start(1);
  world.advance(1ms);
  cluster_config own_config = world.member(0);
  hello words = own_config.own_hello();
  words.nonce = {5, 6};
  auto const talk = [](leat::detail::handshake& with) {
    while (with.turn()) {
    }
  };
  leat::detail::handshake zero(world.net.connect("host1:1"), own_config, words, 1u, leat::detail::never);
  talk(zero);
  process_1.turn(world.now);
  talk(zero);  // its proof is on the way
  crowd strangers(world, 17, {});
  process_1.turn(world.now);
  crowd more(world, 40, {});
  world.advance(10ms);
  CHECK(world.net.waiting_at("host1:1") == 0);
  talk(zero);
  world.advance(1ms);
  talk(zero);
  CHECK(zero.open());
  CHECK(zero.at() == leat::detail::handshake::stage::joined);
}

namespace {

/// Says something for ever and takes nothing; counts what it is asked for.
class glutton final : public leat::connection {
 public:
  glutton(std::vector<std::byte> first, std::size_t& most_asked, std::size_t& most_offered)
      : words_(std::move(first)), most_asked_(most_asked), most_offered_(most_offered) {}
  std::size_t send(std::span<piece const> pieces) override {
    std::size_t total = 0;
    for (piece const& part : pieces) total += part.size();
    most_offered_ = std::max(most_offered_, total);
    return 0;
  }
  std::size_t receive(std::span<std::byte> into) override {
    most_asked_ = std::max(most_asked_, into.size());
    for (std::byte& byte : into) byte = at_ < words_.size() ? words_[at_++] : std::byte{'x'};
    return into.size();
  }
  bool open() const override { return true; }

 private:
  std::vector<std::byte> words_;
  std::size_t at_ = 0;
  std::size_t& most_asked_;
  std::size_t& most_offered_;
};

}  // namespace

TEST_CASE("who has not proved itself makes a process hold two KiB at most, whatever it says") {
  world world(2);
  world.like.secret = "known to two";
  cluster_config const own_config = world.member(1);
  hello words = world.member(0).own_hello();
  words.nonce = {1, 2};
  for (std::uint32_t word = 0; word != 7; ++word)
    for (std::uint32_t length : {0u, 32u, 1024u, 1025u, 1u << 20, 0xffffffffu}) {
      CAPTURE(word);
      CAPTURE(length);
      hello::bytes const greeting = words.write();
      std::vector<std::byte> answer(greeting.begin(), greeting.end());
      answer.resize(hello::size + 8);
      leat::detail::put_little_endian(length, leat::detail::put_little_endian(word, answer.data() + hello::size));
      std::size_t most_asked = 0;
      std::size_t most_offered = 0;
      leat::detail::handshake here(std::make_unique<glutton>(answer, most_asked, most_offered), own_config,
                                   own_config.own_hello(), std::nullopt, leat::detail::never);
      here.turn();
      here.refuse("the cluster has formed already");
      here.turn();
      CHECK_FALSE(here.failure().empty());
      CHECK(most_asked <= 1024);
      CHECK(most_offered <= 1024);
    }
}

TEST_CASE("whoever comes when the cluster has formed is refused, and told so") {
  world world(2);
  candidate& process_1 = world.start(1);
  candidate& process_0 = world.start(0);
  world.advance(1s);
  REQUIRE(world.all_formed());
  leat::detail::connections const kept = process_1.forming.take();
  leat::detail::connections const kept_too = process_0.forming.take();
  world.running.erase(world.running.begin() + 1);  // its door is closed, its connections go on
  candidate& late = world.start(0);
  world.advance(2s);
  CHECK(late.failure.find("it refused this process: the cluster has formed already") != std::string::npos);
  CHECK(late.status == 76);
  CHECK(process_1.failure.empty());
}

TEST_CASE("who is missing is told while one waits, and when one waits no longer") {
  world world(3);
  world.like.time_to_form = 12s;
  candidate& process_0 = world.start(0);
  world.start(2);
  world.advance(5001ms);
  REQUIRE(process_0.log_lines.size() == 1);
  CHECK(process_0.log_lines[0] == "leat: waiting for process 1 (host1:1): it was closed by the other side");
  world.advance(7s);
  CHECK(process_0.failure ==
        "the cluster did not form within 12 s: process 1 (host1:1): it was closed by the other side");
  CHECK(process_0.status == 75);
}

TEST_CASE("a door that other machines can reach wants a secret, or to be told that it does not") {
  world world(2);
  auto const outcome = [&](cluster_config const& config) {
    candidate process_1(world.net, config, 1);
    process_1.door.open_to_others = true;
    process_1.turn(world.now);
    return process_1.failure;
  };
  cluster_config config = world.member(0);
  CHECK(outcome(config).find("give all processes a secret (--secret-file) or certificates, or say --insecure") !=
        std::string::npos);
  config.open_to_anyone = true;
  CHECK(outcome(config).empty());
  config.open_to_anyone = false;
  config.secret = "known to two";
  CHECK(outcome(config).empty());
}

TEST_CASE("who knocks, and what comes, wakes whoever sleeps") {
  world world(2);
  candidate& process_1 = world.start(1);
  world.advance(1ms);
  int woken = 0;
  process_1.forming.on_ready([&] { ++woken; });
  auto stranger = world.net.connect("host1:1");
  CHECK(woken == 1);
  world.advance(1ms);
  woken = 0;
  log(*stranger, world.member(0).own_hello().write());
  CHECK(woken > 0);
  process_1.forming.on_ready({});
  woken = 0;
  stranger.reset();
  CHECK(woken == 0);
}

namespace {

/// A stranger who speaks faster than one can listen.
class chatterer final : public leat::connection {
 public:
  chatterer(bytes first, std::size_t& reads) : first_(std::move(first)), reads_(&reads) {}

  std::size_t send(std::span<piece const> pieces) override {
    std::size_t taken = 0;
    for (piece const& part : pieces) taken += part.size();
    return taken;
  }
  std::size_t receive(std::span<std::byte> into) override {
    if (++*reads_ == 1'000'000) throw std::runtime_error("he is heard without end");
    std::size_t const count = (std::min)(into.size(), first_.size() - given_);
    std::copy_n(first_.begin() + static_cast<std::ptrdiff_t>(given_), count, into.begin());
    given_ += count;
    std::fill(into.begin() + static_cast<std::ptrdiff_t>(count), into.end(), std::byte{0});
    return into.size();
  }
  bool open() const override { return true; }

 private:
  bytes first_;
  std::size_t given_ = 0;
  std::size_t* reads_;
};

}  // namespace

TEST_CASE("security: who goes on talking after he was sent away does not keep the thread") {
  world const world = with_secret();
  cluster_config const own_config = world.member(1);
  std::size_t reads = 0;
  leat::detail::handshake heard(std::make_unique<chatterer>(written(strangers_words(world)), reads), own_config,
                                own_config.own_hello(), std::nullopt, leat::steady_time::max());
  heard.turn_away("the cluster has formed already");
  CHECK(heard.turn());
  CHECK(heard.refused());
  CHECK(heard.all_sent());
  CHECK(reads < 1000);
}
