// SPDX-License-Identifier: BSL-1.0
#include <leat/route/formation.hpp>

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
using leat::detail::formation;
using leat::detail::hello;
using leat::detail::membership;

namespace {

/// One process that is to take part.
struct candidate {
  candidate(leat::test::memory_network& net, membership who, std::uint64_t chance)
      : mine(std::move(who)), door(net),
        forming(door, mine, [chance]() mutable { return chance = chance * 6364136223846793005u + 1442695040888963407u; },
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

  membership mine;
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
  membership member(unsigned process) const {
    membership one = like;
    one.process = process;
    return one;
  }
  candidate& start(membership const& who) {
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
  membership like;
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

void say(leat::connection& to, std::span<std::byte const> bytes) {
  REQUIRE(to.send({&bytes, 1}) == bytes.size());
}
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
  std::unique_ptr<leat::connection> dial(std::string const& address) override {
    lines_.push_back(through_.dial(address));
    kept_.emplace_back();
    return std::make_unique<slow_connection>(*this, lines_.size() - 1);
  }
  /// What was said comes, and then that this was all.
  void let_go() {
    for (std::size_t i = 0; i != lines_.size(); ++i) say(*lines_[i], kept_[i]);
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

TEST_CASE("who waits for the go of a third sees that one closes which has said it, and keeps what one says that has gone") {
  world all(2);
  membership const mine[2] = {all.member(0), all.member(1)};
  hello words[2] = {mine[0].first_words(), mine[1].first_words()};
  words[0].nonce = {1, 2};
  words[1].nonce = {3, 4};
  leat::detail::digest const view{};
  for (bool closes : {false, true}) {
    CAPTURE(closes);
    auto links = leat::test::memory_links();
    auto lower = std::make_unique<leat::detail::handshake>(std::move(links.first), mine[0], words[0], 1u, leat::detail::never);
    auto const higher =
        std::make_unique<leat::detail::handshake>(std::move(links.second), mine[1], words[1], std::nullopt, leat::detail::never);
    auto const talk = [&] {
      while (lower->turn() || higher->turn()) {
      }
    };
    talk();
    for (auto* one : {lower.get(), higher.get()}) one->say_view(view);
    talk();
    for (auto* one : {lower.get(), higher.get()}) one->say_go(view);
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
      say(*lower->take(), frame);
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
    formation first_run(slow, all.member(0), [chance = std::uint64_t{99}]() mutable { return chance += 2; },
                        [](std::string const&) {});
    first_run.turn(all.now);
    higher.turn(all.now);
    slow.slow = true;
    first_run.turn(all.now);  // it proves itself, and is killed
  }
  candidate& second_run = all.start(0);
  all.advance(100ms);
  slow.let_go();
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
  auto const differ = [](std::function<void(membership&)> const& change, std::string const& here,
                         std::string const& there) {
    world all(2);
    candidate& zero = all.start(0);
    membership other = all.member(1);
    change(other);
    candidate& one = all.start(other);
    all.advance(2s);
    CHECK(zero.failure == "process 1 (host1:1) cannot be in one cluster with this process: " + here);
    CHECK(one.failure == "process 0 cannot be in one cluster with this process: " + there);
    CHECK(zero.status == 76);
    CHECK(one.status == 76);
  };
  differ([](membership& m) { m.workers = 3; }, "the number of workers per process differs: here 1, there 3",
         "the number of workers per process differs: here 3, there 1");
  differ([](membership& m) { m.addresses.push_back("host2:1"); }, "the number of processes differs: here 2, there 3",
         "the number of processes differs: here 3, there 2");
  differ([](membership& m) { m.addresses[0] = "host9:1"; },
         "the list of addresses differs: here \"host0:1\", there \"host9:1\"",
         "the list of addresses differs: here \"host9:1\", there \"host0:1\"");
  differ([](membership& m) { m.flow = "flow f\nf.in (map)\n"; },
         "the flow differs: here \"f.in (input)\", there \"f.in (map)\"",
         "the flow differs: here \"f.in (map)\", there \"f.in (input)\"");
  differ([](membership& m) { m.flow += "f.out (output)\n"; }, "the flow differs: here nothing, there \"f.out (output)\"",
         "the flow differs: here \"f.out (output)\", there nothing");
  differ([](membership& m) { m.channel_bytes = 4; },
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
    membership other = two.member(1);
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
  membership other = all.member(1);
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
  membership wrong = all.member(0);
  wrong.secret = "guessed";
  candidate& stranger = all.start(wrong);
  all.advance(1s);
  CHECK(stranger.failure.find("its secret is not this one's") != std::string::npos);
  CHECK(stranger.status == 76);
  CHECK(one.failure.empty());
  REQUIRE(one.said.size() == 1);
  CHECK(one.said[0].find("process 0 was sent away: its secret is not this one's") != std::string::npos);
  all.advance(5s);
  REQUIRE(one.said.size() == 2);
  CHECK(one.said[1].find("waiting for process 0") != std::string::npos);
  CHECK(one.said[1].find("it came and was sent away: its secret is not this one's") != std::string::npos);
  all.stop(stranger);
  all.start(0);
  all.advance(2s);
  CHECK(all.all_formed());
}

TEST_CASE("a proof that was heard does not serve again") {
  world all(2);
  all.like.secret = "known to two";
  candidate& one = all.start(1);
  all.advance(1ms);

  // An honest process 0, played by hand, then the same bytes once more.
  hello words = all.member(0).first_words();
  words.nonce = {1, 2};
  words.challenge = {3, 4};
  auto honest = all.net.dial("host1:1");
  say(*honest, words.write());
  all.advance(2ms);
  std::vector<std::byte> const answer = heard(*honest);
  REQUIRE(answer.size() >= hello::size);
  hello::bytes theirs{};
  std::copy_n(answer.begin(), hello::size, theirs.begin());
  leat::detail::digest const proof = leat::detail::proof_of("known to two", words.write(), theirs);
  std::vector<std::byte> said{std::byte{1}, {}, {}, {}, std::byte{32}, {}, {}, {}};
  said.insert(said.end(), proof.begin(), proof.end());
  say(*honest, said);
  all.advance(2ms);
  CHECK(heard(*honest).size() > 8 + 32);  // it goes on to say what it is made of

  auto replayed = all.net.dial("host1:1");
  say(*replayed, words.write());
  say(*replayed, said);
  all.advance(5ms);
  REQUIRE(!one.said.empty());
  CHECK(one.said.back().find("its secret is not this one's") != std::string::npos);
  while (!heard(*replayed).empty()) {
  }
  CHECK_FALSE(replayed->open());
}

TEST_CASE("what a process says itself does not serve to get in, neither sent back nor on another connection") {
  for (bool const crossed : {false, true}) {
    CAPTURE(crossed);
    world all(2);
    all.like.secret = "known to two";
    candidate& one = all.start(1);
    all.advance(1ms);
    std::unique_ptr<leat::connection> mirrors[2] = {all.net.dial("host1:1"), all.net.dial("host1:1")};
    std::size_t told = 0;
    for (int round = 0; round != 4; ++round) {
      all.advance(2ms);
      std::vector<std::byte> const words[2] = {heard(*mirrors[0]), heard(*mirrors[1])};
      for (unsigned i = 0; i != 2; ++i) {
        std::vector<std::byte> const& back = words[crossed ? 1 - i : i];
        told += back.size();
        if (mirrors[i]->open()) say(*mirrors[i], back);
      }
    }
    CHECK(told == 2 * hello::size);  // no proof, and not what it is made of
    CHECK(one.failure.empty());
    REQUIRE(one.said.size() == 2);
    CHECK(one.said[0].find("was sent away: it answers with this process's own words") != std::string::npos);
    all.start(0);
    all.advance(2s);
    CHECK(all.all_formed());
  }
}

TEST_CASE("strangers are sent away, before and after the cluster has formed") {
  world all(2);
  candidate& one = all.start(1);
  all.advance(1ms);
  auto const knock = [&] {
    std::vector<std::unique_ptr<leat::connection>> strangers;
    for (std::string const& noise :
         {std::string("GET / HTTP/1.1\r\n\r\n") + std::string(200, ' '), std::string(3000, '\xff'), std::string("le")}) {
      strangers.push_back(all.net.dial("host1:1"));
      say(*strangers.back(), std::as_bytes(std::span(noise)));
    }
    strangers.push_back(all.net.dial("host1:1"));  // says nothing
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

TEST_CASE("strangers who say nothing have a bounded number of places, and those for five seconds") {
  world all(2);
  all.start(1);
  all.advance(1ms);
  std::vector<std::unique_ptr<leat::connection>> silent;
  for (int i = 0; i != 40; ++i) silent.push_back(all.net.dial("host1:1"));
  auto const greeted = [&] {
    return std::count_if(silent.begin(), silent.end(), [](auto const& one) { return !heard(*one).empty(); });
  };
  all.advance(4s);
  CHECK(greeted() == 16 + 2);  // and one for each process
  all.advance(2s);
  CHECK(greeted() == 16 + 2);
  all.start(0);
  all.advance(10s);
  CHECK(all.all_formed());
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
  membership const mine = all.member(1);
  hello words = all.member(0).first_words();
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
      leat::detail::handshake here(std::make_unique<glutton>(said, most_asked, most_offered), mine, mine.first_words(),
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
  CHECK(zero.failure ==
        "the cluster did not form within 12 s: process 1 (host1:1): it was closed by the other side");
  CHECK(zero.status == 75);
}

TEST_CASE("a door that other machines can reach wants a secret, or to be told that it does not") {
  world all(2);
  auto const outcome = [&](membership const& who) {
    candidate one(all.net, who, 1);
    one.door.open_to_others = true;
    one.turn(all.now);
    return one.failure;
  };
  membership who = all.member(0);
  CHECK(outcome(who).find("give all processes a secret (--secret-file) or certificates, or say --insecure") != std::string::npos);
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
  auto stranger = all.net.dial("host1:1");
  CHECK(woken == 1);
  all.advance(1ms);
  woken = 0;
  say(*stranger, all.member(0).first_words().write());
  CHECK(woken > 0);
  one.forming.on_ready({});
  woken = 0;
  stranger.reset();
  CHECK(woken == 0);
}
