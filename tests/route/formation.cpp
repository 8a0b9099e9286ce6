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
  candidate(leat::test::memory_network& net, cluster_config who, std::uint64_t chance)
      : mine(std::move(who)),
        door(net),
        forming(
            door, mine, [chance]() mutable { return chance = chance * 6364136223846793005u + 1442695040888963407u; },
            [this](std::string const& line) { said.push_back(line); }) {}

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

  cluster_config mine;
  leat::test::memory_network::door door;
  std::vector<std::string> said;
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
    cluster_config one = like;
    one.process = process;
    return one;
  }
  candidate& start(cluster_config const& who) {
    running.push_back(std::make_unique<candidate>(net, who, ++chance));
    return *running.back();
  }
  candidate& start(unsigned process) { return start(member(process)); }
  void stop(candidate const& which) {
    std::erase_if(running, [&](auto const& one) { return one.get() == &which; });
  }
  /// Lets all that can happen happen, and this much time pass.
  void advance(std::chrono::nanoseconds how_long) {
    for (leat::steady_time const until = now + how_long; now < until;) {
      bool progress = true;
      while (progress) {
        progress = false;
        for (auto const& one : running) progress = one->turn(now) || progress;
      }
      now += 1ms;
    }
  }
  bool all_formed() const {
    for (auto const& one : running)
      if (!one->formed()) return false;
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
  std::vector<std::byte> all(4096);
  all.resize(from.receive(all));
  return all;
}

}  // namespace

TEST_CASE("processes that belong together form, in whatever order they start") {
  for (std::size_t capacity : {1u, 7u, 4096u})
    for (std::vector<unsigned> const& order :
         {std::vector<unsigned>{0, 1}, {1, 0}, {0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {3, 0, 2, 1}}) {
      world all(static_cast<unsigned>(order.size()), capacity);
      for (unsigned process : order) {
        CHECK_FALSE((!all.running.empty() && all.all_formed()));
        all.start(process);
        all.advance(30ms);
      }
      all.advance(3s);
      CHECK(all.all_formed());
      for (auto const& one : all.running) {
        leat::detail::connections const links = one->forming.take();
        REQUIRE(links.size() == order.size());
        for (unsigned i = 0; i != links.size(); ++i) CHECK((links[i] == nullptr) == (i == one->mine.process));
      }
    }
}

TEST_CASE("a process that was started again while the cluster formed takes its own place") {
  world all(3);
  all.start(0);
  candidate& first_run = all.start(1);
  all.advance(1s);
  all.stop(first_run);
  all.advance(1s);
  all.start(1);
  all.advance(1s);
  all.start(2);
  all.advance(5s);
  CHECK(all.all_formed());
}

TEST_CASE("whoever has gone is told nothing more of who takes part, whenever a process is started again") {
  unsigned parted = 0;
  std::array<unsigned, 3> order{0, 1, 2};
  do {
    for (unsigned turns = 0; turns != 40; ++turns) {
      world all(3);
      std::array<candidate*, 3> const members{&all.start(0), &all.start(1), &all.start(2)};
      for (unsigned i = 0; i != turns; ++i) members[order[i % 3]]->turn(all.now);
      if (all.all_formed()) break;
      all.stop(*members[0]);
      all.start(0);
      all.advance(10s);
      for (auto const& one : all.running) {
        if (!one->formed()) continue;
        if (!all.all_formed()) ++parted;
        for (auto const& link : one->forming.take())
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
      for (piece const& one : pieces) {
        of_.kept_[line_].insert(of_.kept_[line_].end(), one.begin(), one.end());
        taken += one.size();
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
  world all(2);
  cluster_config const mine[2] = {all.member(0), all.member(1)};
  hello words[2] = {mine[0].own_hello(), mine[1].own_hello()};
  words[0].nonce = {1, 2};
  words[1].nonce = {3, 4};
  leat::detail::digest const view{};
  for (bool closes : {false, true}) {
    CAPTURE(closes);
    auto links = leat::test::memory_links();
    auto lower =
        std::make_unique<leat::detail::handshake>(std::move(links.first), mine[0], words[0], 1u, leat::detail::never);
    auto const higher = std::make_unique<leat::detail::handshake>(std::move(links.second), mine[1], words[1],
                                                                  std::nullopt, leat::detail::never);
    auto const talk = [&] {
      while (lower->turn() || higher->turn()) {
      }
    };
    talk();
    for (auto* one : {lower.get(), higher.get()}) one->send_view(view);
    talk();
    for (auto* one : {lower.get(), higher.get()}) one->send_go(view);
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
  world all(3);
  candidate& higher = all.start(1);
  higher.turn(all.now);
  leat::test::memory_network::door door(all.net);
  door.listens_at = "another host";
  slow_network slow(door);
  {
    formation first_run(
        slow, all.member(0), [chance = std::uint64_t{99}]() mutable { return chance += 2; }, [](std::string const&) {});
    first_run.turn(all.now);
    higher.turn(all.now);
    slow.slow = true;
    first_run.turn(all.now);  // it proves itself, and is killed
  }
  candidate& second_run = all.start(0);
  all.advance(100ms);
  slow.release();
  all.advance(5s);
  all.start(2);
  all.advance(5s);
  CHECK(higher.failure == "");
  CHECK(second_run.failure == "");
  CHECK(all.all_formed());
}

TEST_CASE("two that run as the same process are found out") {
  world all(3);
  candidate& one = all.start(1);
  all.start(0);
  all.start(0).door.listens_at = "another host";
  all.advance(5s);
  CHECK(one.failure == "two processes run as process 0: each process has a number of its own");
  CHECK(one.status == 76);
}

TEST_CASE("both sides are told the field that differs, and both its values") {
  auto const differ = [](std::function<void(cluster_config&)> const& change, std::string const& here,
                         std::string const& there) {
    world all(2);
    candidate& zero = all.start(0);
    cluster_config other = all.member(1);
    change(other);
    candidate& one = all.start(other);
    all.advance(2s);
    CHECK(zero.failure == "process 1 (host1:1) cannot be in one cluster with this process: " + here);
    CHECK(one.failure == "process 0 cannot be in one cluster with this process: " + there);
    CHECK(zero.status == 76);
    CHECK(one.status == 76);
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
  world all(2);
  all.like.flow = same;
  all.start(0);
  all.start(1);
  all.advance(2s);
  CHECK(all.all_formed());

  auto const differ = [&](std::string const& theirs, std::string const& step, std::string const& here,
                          std::string const& there) {
    world two(2);
    two.like.flow = same;
    candidate& zero = two.start(0);
    cluster_config other = two.member(1);
    other.flow = theirs;
    candidate& one = two.start(other);
    two.advance(2s);
    auto const sentence = [&](std::string const& mine, std::string const& its) {
      return " cannot be in one cluster with this process: the flow differs: here \"" + step + " sends " + mine +
             "\", there \"" + step + " sends " + its + "\"";
    };
    CHECK(zero.failure == "process 1 (host1:1)" + sentence(here, there));
    CHECK(one.failure == "process 0" + sentence(there, here));
    CHECK(zero.status == 76);
    CHECK(one.status == 76);
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
  world all(2);
  all.like.flow = line("u8");
  candidate& zero = all.start(0);
  cluster_config other = all.member(1);
  other.flow = line("f8");
  candidate& one = all.start(other);
  all.advance(2s);
  for (std::string const& told : {zero.failure, one.failure}) {
    CHECK(told.size() < 1000);
    CHECK(told.find("\"f.step sends {i4 ") != std::string::npos);
    CHECK(told.find(" ... ") != std::string::npos);
    CHECK(told.find("i4 u8 z1 S(c1)}\"") != std::string::npos);
    CHECK(told.find("i4 f8 z1 S(c1)}\"") != std::string::npos);
  }
}

TEST_CASE("without the secret nobody takes part, and whoever waits is not disturbed") {
  world all(2);
  candidate& one = all.start(1);
  cluster_config wrong = all.member(0);
  wrong.secret = "guessed";
  wrong.time_to_form = 20s;
  candidate& stranger = all.start(wrong);
  all.advance(1s);
  REQUIRE(stranger.said.size() == 1);
  CHECK(stranger.said[0].find(
            "leat: process 1 (host1:1) cannot be in one cluster with this process: its secret is not this one's") == 0);
  CHECK(stranger.said[0].find(
            "a stranger may have answered in its place, so it is tried again for 20 s (--formation-timeout)") !=
        std::string::npos);
  CHECK(stranger.failure.empty());
  CHECK(one.failure.empty());
  REQUIRE(one.said.size() == 1);
  CHECK(one.said[0].find("process 0 was sent away: its secret is not this one's") != std::string::npos);
  all.advance(5s);
  REQUIRE(one.said.size() == 2);
  CHECK(one.said[1].find("waiting for process 0") != std::string::npos);
  CHECK(one.said[1].find("it came and was sent away: its secret is not this one's") != std::string::npos);
  all.advance(15s);
  CHECK(stranger.failure.find(
            "the cluster did not form within 20 s: process 1 (host1:1): its secret is not this one's") == 0);
  CHECK(stranger.status == 76);
  all.stop(stranger);
  all.start(0);
  all.advance(2s);
  CHECK(all.all_formed());
}

namespace {

using bytes = std::vector<std::byte>;

/// Who has no secret, but a hand on every line: he dials, is dialed, and passes on what he likes.
struct attacker {
  explicit attacker(world& of) : all(of) {}

  /// From now on whoever dials this process reaches him.
  void stands_at(std::string const& address) {
    door.emplace(all.net);
    door->listens_at = address;
    door->listen(address);
  }
  std::unique_ptr<leat::connection> answers() {
    std::unique_ptr<leat::connection> caller;
    for (int i = 0; i != 2000 && !caller; ++i) {
      all.advance(1ms);
      caller = door->accept();
    }
    REQUIRE(caller);
    return caller;
  }
  bytes hears(leat::connection& from) {
    bytes heard_all;
    for (int i = 0; i != 4; ++i) {
      all.advance(1ms);
      bytes const more = heard(from);
      heard_all.insert(heard_all.end(), more.begin(), more.end());
    }
    return heard_all;
  }
  /// What follows a hello: the first that the secret has part in.
  bytes signed_after(leat::connection& from) {
    bytes said = hears(from);
    said.erase(said.begin(), said.begin() + static_cast<std::ptrdiff_t>(std::min(said.size(), hello::size)));
    return said;
  }
  static void says(leat::connection& to, bytes const& what) {
    leat::connection::piece const all_of_it(what);
    if (to.open()) to.send({&all_of_it, 1});
  }

  world& all;
  std::optional<leat::test::memory_network::door> door;
};

/// An attacker between processes 0 and 1: process 0 has dialed him, and he has dialed process 1.
struct attacker_between {
  explicit attacker_between(world& all) : one(all.start(1)), mallory(all) {
    one.door.listens_at = "where host1 is";
    all.advance(1ms);
    mallory.stands_at("host1:1");
    zero = &all.start(0);
    caller = mallory.answers();
    called = all.net.connect("where host1 is");
  }

  candidate& one;
  attacker mallory;
  candidate* zero = nullptr;
  std::unique_ptr<leat::connection> caller;  ///< process 0
  std::unique_ptr<leat::connection> called;  ///< process 1
};

bytes written(hello const& words) {
  hello::bytes const all = words.write();
  return {all.begin(), all.end()};
}
hello read_hello(bytes const& from) {
  hello::bytes all{};
  REQUIRE(from.size() >= all.size());
  std::copy_n(from.begin(), all.size(), all.begin());
  hello words;
  words.read(all);
  return words;
}

/// What a stranger says who makes himself process 0, that means process 1.
hello strangers_words(world const& all) {
  hello words = all.member(0).own_hello();
  words.nonce = {1, 2};
  words.challenge = {3, 4};
  words.role = hello::dials;
  words.other = 1;
  words.protection = hello::messages_and_frames;
  return words;
}

world with_secret(unsigned processes = 2) {
  world all(processes, 1 << 16);
  all.like.secret = "known to two";
  return all;
}

bytes word_of(std::uint32_t kind, bytes const& payload) {
  bytes all(8);
  leat::detail::put_little_endian(static_cast<std::uint32_t>(payload.size()),
                                  leat::detail::put_little_endian(kind, all.data()));
  all.insert(all.end(), payload.begin(), payload.end());
  return all;
}

}  // namespace

TEST_CASE("security: who dials is given nothing that the secret has part in before he has proved himself") {
  world all = with_secret();
  all.start(1);
  all.advance(1ms);
  attacker mallory(all);
  auto const link = all.net.connect("host1:1");
  CHECK(mallory.hears(*link).empty());  // not even a hello, as long as he says none
  attacker::says(*link, written(strangers_words(all)));
  CHECK(mallory.hears(*link).size() == hello::size);
  attacker::says(*link, word_of(1, bytes(32)));
  bytes const refused = mallory.hears(*link);
  REQUIRE(refused.size() > 8);
  CHECK(refused[0] == std::byte{5});
  std::string const why(reinterpret_cast<char const*>(refused.data()) + 8, refused.size() - 8);
  CHECK(why == "its secret is not this one's: all processes of a cluster need the same secret, or none");
}

TEST_CASE("security: a stranger between two processes passes on their words, and becomes neither of them") {
  // He may pass on all that is said: then he is a line. Whatever else he says ends the connection.
  for (int altered = -1; altered != 10; ++altered) {
    CAPTURE(altered);
    world all = with_secret();
    attacker_between lines(all);
    int passed = 0;
    for (int round = 0; round != 20; ++round)
      for (auto const& [from, to] :
           {std::pair(lines.caller.get(), lines.called.get()), std::pair(lines.called.get(), lines.caller.get())}) {
        all.advance(1ms);
        bytes said = heard(*from);
        if (said.empty()) continue;
        if (passed++ == altered) said.back() ^= std::byte{1};
        attacker::says(*to, said);
      }
    bool const reached = altered >= passed;
    CHECK(all.all_formed() == (altered < 0 || reached));
    if (altered < 0) {
      // And what follows he can neither read a key from nor forge: each direction has its own.
      auto here = lines.zero->forming.seals();
      auto there = lines.one.forming.seals();
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
  world all = with_secret();
  attacker_between lines(all);
  attacker& mallory = lines.mallory;
  candidate& one = lines.one;
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
  for (hello const& each : {words, answer})
    for (std::uint64_t part : each.nonce) {
      std::array<std::byte, 8> little{};
      leat::detail::put_little_endian(part, little.data());
      sum.add(little);
    }
  leat::detail::digest const view = sum.result();
  leat::byte_buffer const made_of = all.member(0).description();
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
    all.advance(10ms);
  }
  CHECK_FALSE(one.formed());
  CHECK_FALSE(lines.zero->formed());
  REQUIRE(!one.said.empty());
  CHECK(one.said.back().find("is not authenticated by the key of this connection") != std::string::npos);
}

TEST_CASE("security: a cluster that has formed signs nothing, whoever comes with whose hello") {
  world all = with_secret();
  candidate& one = all.start(1);
  all.start(0);
  all.advance(1s);
  REQUIRE(all.all_formed());
  // Another cluster of the same secret and the same flow comes together elsewhere.
  world other = with_secret();
  other.chance = 100;
  attacker mallory(other);
  mallory.stands_at("host1:1");
  candidate& victim = other.start(0);
  auto const caller = mallory.answers();
  bytes const words = mallory.hears(*caller);
  auto const oracle = all.net.connect("host1:1");
  attacker::says(*oracle, words);
  attacker asks(all);
  bytes const answer = asks.hears(*oracle);
  REQUIRE(answer.size() > hello::size);
  std::string const rest(reinterpret_cast<char const*>(answer.data()) + hello::size + 8,
                         answer.size() - hello::size - 8);
  CHECK(rest == "the cluster has formed already");
  attacker::says(*caller, bytes(answer.begin(), answer.begin() + hello::size));
  attacker::says(*oracle, mallory.hears(*caller));  // a good proof, too late
  CHECK(asks.hears(*oracle).empty());
  CHECK_FALSE(victim.formed());
  CHECK(one.failure.empty());
}

TEST_CASE("security: what was said once does not serve again") {
  world all = with_secret();
  attacker_between lines(all);
  std::vector<bytes> said;
  for (int i = 0; i != 6; ++i) {
    said.push_back(lines.mallory.hears(*lines.caller));
    attacker::says(*lines.called, said.back());
    attacker::says(*lines.caller, lines.mallory.hears(*lines.called));
  }
  REQUIRE(lines.zero->formed());
  all.stop(lines.one);
  candidate& again = all.start(1);
  again.door.listens_at = "where host1 is";
  all.advance(1ms);
  auto const replayed = all.net.connect("where host1 is");
  for (bytes const& words : said) {
    attacker::says(*replayed, words);
    all.advance(2ms);
  }
  CHECK_FALSE(again.formed());
  REQUIRE(!again.said.empty());
  CHECK(again.said.back().find("its secret is not this one's") != std::string::npos);
}

TEST_CASE("security: the words of a process, sent back to it, get nobody in") {
  for (bool const altered : {false, true}) {
    CAPTURE(altered);
    world all = with_secret();
    attacker mallory(all);
    mallory.stands_at("host1:1");
    candidate& zero = all.start(0);
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
    all.advance(2ms);
    CHECK_FALSE(zero.formed());
    REQUIRE(zero.said.size() == 1);
    CHECK(zero.said[0].find(altered ? "its secret is not this one's" : "it answers with this process's own words") !=
          std::string::npos);
  }
}

TEST_CASE("security: roles cannot be swapped, and nothing is signed for a process that is not meant") {
  struct attempt {
    char const* what;
    std::function<void(hello&)> change;
    char const* sentence;
  };
  for (auto const& [what, change, sentence] : std::vector<attempt>{
           {"as if it had been dialed", [](hello& h) { h.role = hello::accepts; }, "as if this process had connected"},
           {"the higher one dials", [](hello& h) { h.process = 2; }, "which waits for this one to connect"},
           {"the same number", [](hello& h) { h.process = 1; }, "both are process 1"},
           {"meant for another", [](hello& h) { h.other = 2; },
            "it means to speak to process 2, and this is process 1"},
           {"without a secret", [](hello& h) { h.protection = hello::unprotected; },
            "it has none, and this process has one"},
           {"frames without a key", [](hello& h) { h.protection = hello::messages_only; },
            "protected in another way (TLS)"}}) {
    CAPTURE(what);
    world all = with_secret(3);
    candidate& one = all.start(1);
    all.advance(1ms);
    attacker mallory(all);
    hello words = strangers_words(all);
    change(words);
    auto const link = all.net.connect("host1:1");
    attacker::says(*link, written(words));
    CHECK(mallory.hears(*link).size() == hello::size);
    REQUIRE(one.said.size() == 1);
    CHECK(one.said[0].find(sentence) != std::string::npos);
    CHECK(one.failure.empty());
  }
}

TEST_CASE("security: a dialer signs nothing for a process that is not the one it dialed") {
  world all = with_secret(3);
  attacker mallory(all);
  mallory.stands_at("host1:1");
  candidate& zero = all.start(0);
  auto const caller = mallory.answers();
  mallory.hears(*caller);
  hello words = strangers_words(all);
  words.process = 2;
  words.other = 0;
  words.role = hello::accepts;
  attacker::says(*caller, written(words));
  CHECK(mallory.hears(*caller).empty());
  REQUIRE(zero.said.size() == 1);
  CHECK(zero.said[0].find("at host1:1, the address of process 1, answers process 2") != std::string::npos);
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
    bytes said = written(answer);
    said.insert(said.end(), word.begin(), word.end());
    return said;
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
    world all = with_secret();
    attacker mallory(all);
    mallory.stands_at("host1:1");
    candidate& zero = all.start(0);
    for (int i = 0; i != 6; ++i) {
      auto const caller = mallory.answers();
      attacker::says(*caller, says);
      mallory.hears(*caller);
    }
    CHECK(zero.failure.empty());
    REQUIRE(!zero.said.empty());
    CHECK(zero.said[0].find(told) != std::string::npos);
    CHECK(std::count(zero.said.begin(), zero.said.end(), zero.said[0]) == 1);
    mallory.door.reset();
    all.start(1);
    all.advance(5s);
    CHECK(all.all_formed());
  }
  // Without a secret nobody ever proves anything: what is said counts.
  world open_to_all(2);
  attacker mallory(open_to_all);
  mallory.stands_at("host1:1");
  candidate& zero = open_to_all.start(0);
  auto const caller = mallory.answers();
  answer.protection = hello::unprotected;
  attacker::says(*caller, followed_by(word_of(5, bytes(2, std::byte{'x'}))));
  mallory.hears(*caller);
  CHECK(zero.failure.find("it refused this process: xx") != std::string::npos);
  CHECK(zero.status == 76);
}

TEST_CASE("security: who changes what he refuses with does not fill the screen") {
  world all = with_secret();
  attacker mallory(all);
  mallory.stands_at("host1:1");
  candidate& zero = all.start(0);
  for (int i = 0; i != 40; ++i) {
    auto const caller = mallory.answers();
    hello words = strangers_words(all);
    words.process = 2 + static_cast<std::uint32_t>(i);
    words.role = hello::accepts;
    attacker::says(*caller, written(words));
    mallory.hears(*caller);
  }
  auto const about = [&](std::string const& text) {
    return std::count_if(zero.said.begin(), zero.said.end(),
                         [&](auto const& line) { return line.find(text) != std::string::npos; });
  };
  CHECK(about("cannot be in one cluster with this process") == 20);
  CHECK(zero.failure.empty());
}

TEST_CASE("another version of the protocol is named by both sides, whoever connects and whoever is newer") {
  std::string const ours = std::to_string(hello::this_protocol);
  for (std::uint32_t const number : {1u, hello::this_protocol + 1})
    for (bool const this_one_connects : {false, true}) {
      CAPTURE(number);
      CAPTURE(this_one_connects);
      world all = with_secret();
      attacker another(all);
      hello words = strangers_words(all);
      words.protocol = number;
      if (this_one_connects) {
        words.role = hello::accepts;
        another.stands_at("host1:1");
      }
      candidate& one = all.start(this_one_connects ? 0 : 1);
      all.advance(1ms);
      auto const link = this_one_connects ? another.answers() : all.net.connect("host1:1");
      bytes said = written(words);
      said.resize(number == 1 ? 96 : 120);  // beyond the beginning each version has a size of its own
      attacker::says(*link, said);
      bytes const heard = another.hears(*link);
      REQUIRE(one.said.size() == 1);
      CHECK(one.said[0].find("the version of the protocol differs: here " + ours + ", there " +
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
      world all(4);
      for (unsigned i = 0; i != (all_there ? 4u : 3u); ++i) all.start(i);
      if (all_there) {
        for (unsigned i = 0; i != 5; ++i) all.running[i % 4]->turn(all.now);
      } else {
        all.advance(100ms);
      }
      all.running[stopped]->forming.stop(all.now);
      for (int i = 0; i != 1200 && !all.running.empty(); ++i) {
        all.advance(1ms);
        std::erase_if(all.running, [&](auto const& each) { return each->forming.stopped(all.now); });
        for (auto const& each : all.running) CHECK(each->failure == "");
      }
      if (!all_there) CHECK(all.running.empty());
    }
}

TEST_CASE("a process whose own name is not known yet tries until the time is over") {
  world all(2);
  all.like.time_to_form = 12s;
  candidate& zero = all.start(0);
  candidate& one = all.start(1);
  one.door.unknown = true;
  all.advance(6s);
  CHECK(one.failure == "");
  REQUIRE(!one.said.empty());
  CHECK(one.said.back() == "leat: cannot listen at host1:1: Name or service not known");
  one.door.unknown = false;
  all.advance(2s);
  CHECK(all.all_formed());
  CHECK(zero.failure == "");

  world never(2);
  never.like.time_to_form = 2s;
  candidate& lost = never.start(1);
  lost.door.unknown = true;
  never.advance(3s);
  CHECK(lost.failure.find("cannot listen at host1:1: Name or service not known") != std::string::npos);
  CHECK(lost.status == 75);
}

TEST_CASE("what takes more than a MiB to describe is told by its length") {
  world all(2);
  all.like.flow = std::string(2u << 20, 'x');
  candidate& zero = all.start(0);
  all.advance(1ms);
  CHECK(zero.failure.find("bytes to describe, and processes tell each other 1 MiB at most") != std::string::npos);
}

TEST_CASE("strangers are sent away, before and after the cluster has formed") {
  world all(2);
  candidate& one = all.start(1);
  all.advance(1ms);
  auto const knock = [&] {
    std::vector<std::unique_ptr<leat::connection>> strangers;
    for (std::string const& noise : {std::string("GET / HTTP/1.1\r\n\r\n") + std::string(200, ' '),
                                     std::string(3000, '\xff'), std::string("le")}) {
      strangers.push_back(all.net.connect("host1:1"));
      log(*strangers.back(), std::as_bytes(std::span(noise)));
    }
    strangers.push_back(all.net.connect("host1:1"));  // says nothing
    all.advance(6s);
    for (auto const& each : strangers) {
      while (!heard(*each).empty()) {
      }
      CHECK_FALSE(each->open());
    }
  };
  knock();
  CHECK(one.failure.empty());
  all.start(0);
  all.advance(2s);
  CHECK(all.all_formed());
  knock();
  CHECK(all.all_formed());
  CHECK(one.failure.empty());
}

namespace {

/// People who connect to process 1, say a part of what they could, and connect again as soon as they are sent away.
struct crowd {
  crowd(world& of, std::size_t how_many, bytes what_each_says) : all(of), says(std::move(what_each_says)) {
    for (std::size_t i = 0; i != how_many; ++i) links.push_back(knock());
  }
  std::unique_ptr<leat::connection> knock() const {
    std::unique_ptr<leat::connection> link = all.net.connect("host1:1");
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

  world& all;
  bytes says;
  std::vector<std::unique_ptr<leat::connection>> links;
};

}  // namespace

TEST_CASE(
    "security: strangers who prove nothing have a bounded number of places, those for five seconds, and no one waits "
    "for them") {
  world all = with_secret();
  all.start(1);
  all.advance(1ms);
  bytes const greeting = written(strangers_words(all));
  for (bytes const& says : {bytes(), bytes(greeting.begin(), greeting.begin() + 50), greeting}) {
    CAPTURE(says.size());
    crowd strangers(all, 40, says);
    all.advance(1ms);
    // Who waits at the door would keep the thread from its sleep.
    CHECK(all.net.waiting_at("host1:1") == 0);
    CHECK(strangers.inside() == 16 + 2);  // and one for each process
    all.advance(4s);
    CHECK(strangers.inside() == 16 + 2);
    all.advance(2s);
    CHECK(strangers.inside() == 0);
  }
}

TEST_CASE("security: strangers who prove nothing and come again and again do not keep a process from its place") {
  bytes const greeting = written(strangers_words(with_secret(3)));
  for (bytes const& says : {bytes(), bytes(greeting.begin(), greeting.begin() + 50), greeting}) {
    CAPTURE(says.size());
    world all = with_secret(3);
    all.start(1);
    all.advance(1ms);
    crowd strangers(all, 40, says);
    auto const pass = [&](std::chrono::milliseconds time) {
      for (auto i = 0ms; i != time; i += 100ms) {
        all.advance(100ms);
        strangers.come_again();
      }
    };
    pass(1s);
    all.start(0);
    pass(3s);
    all.start(2);
    pass(3s);
    CHECK(all.all_formed());
    pass(6s);
    CHECK(all.net.waiting_at("host1:1") <= 40);  // those of this moment
    all.advance(1ms);
    CHECK(all.net.waiting_at("host1:1") == 0);
  }
}

TEST_CASE("security: who has proved himself is not sent away for strangers, however many they are") {
  world all = with_secret(3);
  candidate& one = all.start(1);
  all.advance(1ms);
  cluster_config mine = all.member(0);
  hello words = mine.own_hello();
  words.nonce = {5, 6};
  auto const talk = [](leat::detail::handshake& with) {
    while (with.turn()) {
    }
  };
  leat::detail::handshake zero(all.net.connect("host1:1"), mine, words, 1u, leat::detail::never);
  talk(zero);
  one.turn(all.now);
  talk(zero);  // its proof is on the way
  crowd strangers(all, 17, {});
  one.turn(all.now);
  crowd more(all, 40, {});
  all.advance(10ms);
  CHECK(all.net.waiting_at("host1:1") == 0);
  talk(zero);
  all.advance(1ms);
  talk(zero);
  CHECK(zero.open());
  CHECK(zero.at() == leat::detail::handshake::stage::joined);
}

namespace {

/// Says something for ever and takes nothing; counts what it is asked for.
class glutton final : public leat::connection {
 public:
  glutton(std::vector<std::byte> first, std::size_t& most_asked, std::size_t& most_offered)
      : said_(std::move(first)), most_asked_(most_asked), most_offered_(most_offered) {}
  std::size_t send(std::span<piece const> pieces) override {
    std::size_t all = 0;
    for (piece const& one : pieces) all += one.size();
    most_offered_ = std::max(most_offered_, all);
    return 0;
  }
  std::size_t receive(std::span<std::byte> into) override {
    most_asked_ = std::max(most_asked_, into.size());
    for (std::byte& one : into) one = at_ < said_.size() ? said_[at_++] : std::byte{'x'};
    return into.size();
  }
  bool open() const override { return true; }

 private:
  std::vector<std::byte> said_;
  std::size_t at_ = 0;
  std::size_t& most_asked_;
  std::size_t& most_offered_;
};

}  // namespace

TEST_CASE("who has not proved itself makes a process hold two KiB at most, whatever it says") {
  world all(2);
  all.like.secret = "known to two";
  cluster_config const mine = all.member(1);
  hello words = all.member(0).own_hello();
  words.nonce = {1, 2};
  for (std::uint32_t word = 0; word != 7; ++word)
    for (std::uint32_t length : {0u, 32u, 1024u, 1025u, 1u << 20, 0xffffffffu}) {
      CAPTURE(word);
      CAPTURE(length);
      hello::bytes const greeting = words.write();
      std::vector<std::byte> said(greeting.begin(), greeting.end());
      said.resize(hello::size + 8);
      leat::detail::put_little_endian(length, leat::detail::put_little_endian(word, said.data() + hello::size));
      std::size_t most_asked = 0;
      std::size_t most_offered = 0;
      leat::detail::handshake here(std::make_unique<glutton>(said, most_asked, most_offered), mine, mine.own_hello(),
                                   std::nullopt, leat::detail::never);
      here.turn();
      here.refuse("the cluster has formed already");
      here.turn();
      CHECK_FALSE(here.failure().empty());
      CHECK(most_asked <= 1024);
      CHECK(most_offered <= 1024);
    }
}

TEST_CASE("whoever comes when the cluster has formed is refused, and told so") {
  world all(2);
  candidate& one = all.start(1);
  candidate& zero = all.start(0);
  all.advance(1s);
  REQUIRE(all.all_formed());
  leat::detail::connections const kept = one.forming.take();
  leat::detail::connections const kept_too = zero.forming.take();
  all.running.erase(all.running.begin() + 1);  // its door is closed, its connections go on
  candidate& late = all.start(0);
  all.advance(2s);
  CHECK(late.failure.find("it refused this process: the cluster has formed already") != std::string::npos);
  CHECK(late.status == 76);
  CHECK(one.failure.empty());
}

TEST_CASE("who is missing is told while one waits, and when one waits no longer") {
  world all(3);
  all.like.time_to_form = 12s;
  candidate& zero = all.start(0);
  all.start(2);
  all.advance(5001ms);
  REQUIRE(zero.said.size() == 1);
  CHECK(zero.said[0] == "leat: waiting for process 1 (host1:1): it was closed by the other side");
  all.advance(7s);
  CHECK(zero.failure == "the cluster did not form within 12 s: process 1 (host1:1): it was closed by the other side");
  CHECK(zero.status == 75);
}

TEST_CASE("a door that other machines can reach wants a secret, or to be told that it does not") {
  world all(2);
  auto const outcome = [&](cluster_config const& who) {
    candidate one(all.net, who, 1);
    one.door.open_to_others = true;
    one.turn(all.now);
    return one.failure;
  };
  cluster_config who = all.member(0);
  CHECK(outcome(who).find("give all processes a secret (--secret-file) or certificates, or say --insecure") !=
        std::string::npos);
  who.open_to_anyone = true;
  CHECK(outcome(who).empty());
  who.open_to_anyone = false;
  who.secret = "known to two";
  CHECK(outcome(who).empty());
}

TEST_CASE("who knocks, and what comes, wakes whoever sleeps") {
  world all(2);
  candidate& one = all.start(1);
  all.advance(1ms);
  int woken = 0;
  one.forming.on_ready([&] { ++woken; });
  auto stranger = all.net.connect("host1:1");
  CHECK(woken == 1);
  all.advance(1ms);
  woken = 0;
  log(*stranger, all.member(0).own_hello().write());
  CHECK(woken > 0);
  one.forming.on_ready({});
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
    for (piece const& one : pieces) taken += one.size();
    return taken;
  }
  std::size_t receive(std::span<std::byte> into) override {
    if (++*reads_ == 1'000'000) throw std::runtime_error("he is heard without end");
    std::size_t const said = (std::min)(into.size(), first_.size() - said_);
    std::copy_n(first_.begin() + static_cast<std::ptrdiff_t>(said_), said, into.begin());
    said_ += said;
    std::fill(into.begin() + static_cast<std::ptrdiff_t>(said), into.end(), std::byte{0});
    return into.size();
  }
  bool open() const override { return true; }

 private:
  bytes first_;
  std::size_t said_ = 0;
  std::size_t* reads_;
};

}  // namespace

TEST_CASE("security: who goes on talking after he was sent away does not keep the thread") {
  world const all = with_secret();
  cluster_config const mine = all.member(1);
  std::size_t reads = 0;
  leat::detail::handshake heard(std::make_unique<chatterer>(written(strangers_words(all)), reads), mine,
                                mine.own_hello(), std::nullopt, leat::steady_time::max());
  heard.turn_away("the cluster has formed already");
  CHECK(heard.turn());
  CHECK(heard.refused());
  CHECK(heard.all_sent());
  CHECK(reads < 1000);
}
