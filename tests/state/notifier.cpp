// SPDX-License-Identifier: BSL-1.0
#include <leat/from/iterable.hpp>
#include <leat/from/source.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/run/main.hpp>
#include <leat/state/collect.hpp>
#include <leat/state/notifier.hpp>
#include <leat/state/stateful.hpp>
#include <leat/state/stateful_batch.hpp>
#include <leat/testing.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/out.hpp>

#include "fixture/idle_worker_services.hpp"
#include "run/child.hpp"
#include "state/keyed.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

using keyed::pairs;
using namespace std::chrono_literals;
using leat::steady_time;
using leat::wall_time;

namespace {

/// A worker whose clocks a test sets, each by itself.
class clocks final : public leat::test::idle_worker_services {
 public:
  clocks() : idle_worker_services(1) {}
  steady_time now() override { return steady; }
  wall_time wall() override { return on_the_wall; }

  void pass(std::chrono::nanoseconds time) {
    steady += time;
    on_the_wall += time;
  }

  steady_time steady{1000s};
  wall_time on_the_wall{1767225600s};
};

/// A key that counts how many of its kind there are.
class counted_key {
 public:
  explicit counted_key(int number) : number_(number) { ++alive; }
  counted_key(counted_key const& other) : number_(other.number_) { ++alive; }
  counted_key& operator=(counted_key const&) = default;
  ~counted_key() { --alive; }
  bool operator==(counted_key const&) const = default;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & number_;
  }
  int number() const { return number_; }

  static inline std::size_t alive = 0;

 private:
  int number_;
};

/// Keeps the time that a value asks for, and is notified `repeats` times at it.
struct wishes {
  struct wish {
    std::optional<wall_time> at;
    int repeats = 1;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & at & repeats;
    }
  };
  using state = wish;
  using saved = wish;
  static wish const& save(wish const& kept) { return kept; }
  static wish load(wish&& from) { return from; }

  template <class Cell>
  void on_value(Cell& entry, std::optional<wall_time> at) {
    entry.state().at = at;
  }
  std::optional<wall_time> notify_at(wish const& kept) const { return kept.at; }
  template <class Cell, class Emit>
  void on_notify(Cell& entry, Emit& emit) {
    emit(entry.key());
    if (--entry.state().repeats == 0) entry.forget();
  }
};

/// What a stateful stage does with its notifier, for one value at a time.
template <class K>
class runnable {
 public:
  using states = leat::detail::notifier<K, wishes>;

  void value(K const& key, std::optional<wall_time> at, int repeats = 1) {
    states_.sample(world);
    std::uint64_t const hash = leat::key_hash(key);
    table_.at(hash, key, [&](typename states::stored& entry) {
      auto shown = states::shown(entry);
      shown.state().repeats = repeats;
      logic_.on_value(shown, at);
      states_.settle(logic_, entry, hash, rang_);
    });
    states_.keep_small(table_);
  }
  void forget(K const& key) {
    states_.sample(world);
    std::uint64_t const hash = leat::key_hash(key);
    table_.at(hash, key, [&](typename states::stored& entry) {
      entry.forget();
      states_.settle(logic_, entry, hash, rang_);
    });
    states_.keep_small(table_);
  }
  bool turn(std::size_t most = 2048) {
    no_room();
    if (states_.caught_up()) return false;
    states_.notify_some(logic_, table_, most, rang_, [] { return true; });
    return true;
  }
  /// A turn in which nothing can be passed on.
  void no_room() {
    states_.sample(world);
    states_.open_round();
  }
  /// Goes on from the states of another.
  void load(runnable& from) {
    struct loading final : leat::detail::part_sink {
      explicit loading(typename states::table_type& table) : into(table) {}
      void take(leat::detail::state_part const& part) override { into.load(part.slot, part.bytes); }
      typename states::table_type& into;
    } parts(table_);
    from.table_.extract({0, leat::slot_count}, parts);
    states_.sample(world);
    states_.schedule(logic_, table_);
  }
  bool caught_up() const { return states_.caught_up(); }
  steady_time next() const { return states_.next(); }
  std::vector<K> const& rang() const { return rang_.keys; }

  clocks world;

 private:
  struct log {
    void operator()(K const& key) { keys.push_back(key); }
    std::vector<K> keys;
  };

  wishes logic_;
  typename states::table_type table_{leat::slot_range{0, leat::slot_count},
                                     typename states::table_type::keeping(logic_)};
  states states_;
  log rang_;
};

/// Is due as soon as it has a value, `times` times over; a negative number: for ever.
class impatient : public leat::stateful_logic<int, std::string, std::string> {
 public:
  impatient(std::optional<std::string> before, int times) : state_(before.value_or("NEW")), times_(times) {}
  leat::retention on_item(int, leat::logic_results<std::string>& out) {
    out(state_ + " ITEM");
    state_ = "ITEM";
    left_ = times_;
    return leat::retention::retain;
  }
  leat::retention on_batch(std::span<int> values, leat::logic_results<std::string>& out) {
    for (int const x : values) on_item(x, out);
    return leat::retention::retain;
  }
  leat::retention on_notify(leat::logic_results<std::string>& out) {
    if (times_ > 0) out(state_ + " NOTIFY");
    state_ = "NOTIFY";
    if (left_ > 0) --left_;
    return leat::retention::retain;
  }
  std::optional<wall_time> notify_at() const { return left_ == 0 ? std::nullopt : std::optional(wall_time(1s)); }
  std::string snapshot() const { return state_; }

 private:
  std::string state_;
  int times_;
  int left_ = 0;
};

/// Emits ten records on each worker, which it counts, and does not end.
class stays_open {
 public:
  using record = std::pair<int, int>;
  explicit stays_open(std::atomic<int>& emitted) : emitted_(&emitted) {}

  class partition {
   public:
    explicit partition(std::atomic<int>& emitted) : emitted_(&emitted) {}
    bool next_batch(leat::emitter<record>& out) {
      for (int i = 0; i != 10; ++i) out(record(i, i));
      *emitted_ += 10;
      has_emitted_ = true;
      return true;
    }
    std::optional<steady_time> next_awake() const { return has_emitted_ ? leat::detail::never : steady_time{}; }

   private:
    std::atomic<int>* emitted_;
    bool has_emitted_ = false;
  };
  partition build(leat::step_services const&) const { return partition(*emitted_); }

 private:
  std::atomic<int>* emitted_;
};

/// Is due again and again, and does something at the 5000th time, when each key has been due many times.
class restless : public leat::stateful_logic<int, int, int> {
 public:
  restless(std::atomic<int>& calls, std::function<void()> act) : calls_(&calls), act_(std::move(act)) {}
  leat::retention on_item(int given, leat::logic_results<int>& out) {
    out(given);
    return leat::retention::retain;
  }
  leat::retention on_notify(leat::logic_results<int>&) {
    if (++*calls_ == 5000) act_();
    return leat::retention::retain;
  }
  leat::retention on_eof(leat::logic_results<int>& out) {
    out(-1);
    return leat::retention::discard;
  }
  std::optional<wall_time> notify_at() const { return wall_time(1s); }
  int snapshot() const { return 0; }

 private:
  std::atomic<int>* calls_;
  std::function<void()> act_;
};

}  // namespace

TEST_CASE("notifications: each value is followed by its notification when it was due by then") {
  keyed::check(
      pairs<std::string, int>{{"a", 1}, {"a", 2}, {"b", 1}, {"a", 3}},
      [] {
        return leat::stateful("s", [](std::optional<std::string> state) { return impatient(std::move(state), 1); });
      },
      pairs<std::string, std::string>{{"a", "NEW ITEM"},
                                      {"a", "ITEM NOTIFY"},
                                      {"a", "NOTIFY ITEM"},
                                      {"a", "ITEM NOTIFY"},
                                      {"a", "NOTIFY ITEM"},
                                      {"a", "ITEM NOTIFY"},
                                      {"b", "NEW ITEM"},
                                      {"b", "ITEM NOTIFY"}});
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    pairs<std::string, std::string> got;
    leat::flow flow("batch");
    flow.input("in", leat::test::one_at_a_time<std::pair<std::string, int>>({{"a", 1}})) |
        leat::stateful_batch("s", [](std::optional<std::string> state) { return impatient(std::move(state), 1); }) |
        leat::output("out", leat::to::collect(got));
    shape.run(flow, got);
    CHECK(got == pairs<std::string, std::string>{{"a", "NEW ITEM"}, {"a", "ITEM NOTIFY"}});
  });
}

TEST_CASE("notifications: a time that stays in the past keeps no run from ending") {
  pairs<int, int> records;
  pairs<int, std::string> expected;
  for (int i = 0; i != 100; ++i) records.emplace_back(i % 7, i);
  for (auto const& [key, value] : records) expected.emplace_back(key, value < 7 ? "NEW ITEM" : "NOTIFY ITEM");
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    if (shape.runs == leat::test::shape::kind::simulated) return;  // virtual time passes only where all rest
    pairs<int, std::string> got;
    leat::flow flow("past");
    flow.input("in", leat::test::one_at_a_time<std::pair<int, int>>(records)) |
        leat::stateful("s", [](std::optional<std::string> state) { return impatient(std::move(state), -1); }) |
        leat::output("out", leat::to::collect(got));
    shape.run(flow, got);
    CHECK(keyed::by_key(got) == keyed::by_key(expected));
  });
}

TEST_CASE(
    "notifications: keys that are loaded wait for the times that they said, and those that are over come at once") {
  runnable<int> before;
  for (int key = 0; key != 10; ++key) before.value(key, before.world.on_the_wall + std::chrono::seconds(key));
  before.value(10, std::nullopt);
  runnable<int> after;
  after.world.steady -= 500s;
  after.world.pass(4s);
  after.load(before);
  CHECK(after.turn());
  std::vector<int> overdue = after.rang();
  std::sort(overdue.begin(), overdue.end());
  CHECK(overdue == std::vector{1, 2, 3, 4});
  CHECK(after.next() == after.world.steady + 1s);
  after.world.pass(100s);
  CHECK(after.turn());
  CHECK(after.rang().size() == 9);
  CHECK(after.next() == leat::detail::never);
}

TEST_CASE("notifications: a time that stays in the past keeps no run from being stopped") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    using kind = leat::test::shape::kind;
    if (shape.runs != kind::threads && shape.runs != kind::processes_on_tcp) return;  // others cannot be told to stop
    std::stop_source stop;
    std::atomic<int> emitted{0};
    std::atomic<int> calls{0};
    pairs<int, int> got;
    leat::flow flow("past");
    flow.input("in", stays_open(emitted)) |
        leat::stateful("s", [&](std::optional<int>) { return restless(calls, [&stop] { stop.request_stop(); }); }) |
        leat::output("out", leat::to::collect(got));
    leat::test::shape stopped(shape);
    stopped.options.stop = stop.get_token();
    stopped.run(flow, got);
    CHECK(got.size() == static_cast<std::size_t>(emitted.load()));
    CHECK(std::count_if(got.begin(), got.end(), [](auto const& each) { return each.second != each.first; }) == 0);
  });
}

TEST_CASE("notifications: a time that stays in the past keeps no program from hearing SIGTERM") {
  for (char const* const workers : {"-w1", "-w3"}) {
    child program([&] {
      std::atomic<int> emitted{0};
      std::atomic<int> calls{0};
      leat::flow flow("past");
      flow.input("in", stays_open(emitted)) | leat::stateful("s", [&](std::optional<int>) {
        return restless(calls, [] {
          std::puts("ready");
          std::fflush(stdout);
        });
      }) | leat::output("out", leat::to::for_each([](auto const&) {}));
      char const* const words[] = {"/opt/past", workers, nullptr};
      return leat::main(2, words, flow);
    });
    REQUIRE(program.says("ready"));
    program.send(SIGTERM);
    CHECK(program.ends() == 0);
    CHECK(program.err.empty());
  }
}

TEST_CASE("notifications: a round meets each key once") {
  runnable<int> stage;
  for (int key = 0; key != 10; ++key) stage.value(key, stage.world.on_the_wall + 1s, 3);
  CHECK_FALSE(stage.turn());
  CHECK(stage.next() == stage.world.steady + 1s);
  stage.world.pass(1s);
  for (std::size_t round = 1; round <= 3; ++round) {
    CHECK(stage.turn());
    CHECK(stage.rang().size() == 10 * round);
    CHECK(stage.caught_up());
    CHECK((stage.next() <= stage.world.steady) == (round != 3));
  }
  CHECK_FALSE(stage.turn());
}

TEST_CASE("notifications: many that are due come in portions, before anything else") {
  runnable<int> stage;
  for (int key = 0; key != 5000; ++key) stage.value(key, stage.world.on_the_wall + 1s);
  stage.world.pass(2s);
  CHECK(stage.turn());
  CHECK(stage.rang().size() == 2048);
  CHECK_FALSE(stage.caught_up());
  stage.world.pass(2s);
  CHECK(stage.turn());
  CHECK_FALSE(stage.caught_up());
  CHECK(stage.turn());
  CHECK(stage.caught_up());
  CHECK(stage.rang().size() == 5000);
  CHECK(stage.next() == leat::detail::never);
}

TEST_CASE("notifications: what is due while there is no room is notified before anything else, when there is") {
  runnable<int> stage;
  stage.value(1, stage.world.on_the_wall + 1s);
  stage.world.pass(1s);
  stage.no_room();
  CHECK_FALSE(stage.caught_up());
  stage.value(2, stage.world.on_the_wall + 1s);
  stage.world.pass(5s);
  stage.no_room();
  CHECK_FALSE(stage.caught_up());
  CHECK(stage.turn());
  CHECK(stage.rang() == std::vector<int>{1});
  CHECK(stage.turn());
  CHECK(stage.rang() == std::vector<int>{1, 2});
}

TEST_CASE("notifications: a key that has another wish, or none, is not notified at the first") {
  runnable<std::string> stage;
  wall_time const begin = stage.world.on_the_wall;
  stage.value("put off", begin + 1s);
  stage.value("put off", begin + 5s);
  stage.value("sooner", begin + 9s);
  stage.value("sooner", begin + 2s);
  stage.value("never", begin + 1s);
  stage.value("never", std::nullopt);
  stage.value("forgotten", begin + 1s);
  stage.forget("forgotten");
  stage.value("anew", begin + 1s);
  stage.forget("anew");
  stage.value("anew", begin + 3s);
  std::vector<std::pair<int, std::string>> rang;
  for (int second = 1; second != 12; ++second) {
    stage.world.pass(1s);
    std::size_t const before = stage.rang().size();
    while (stage.turn()) {
    }
    for (std::size_t i = before; i != stage.rang().size(); ++i) rang.emplace_back(second, stage.rang()[i]);
  }
  CHECK(rang == std::vector<std::pair<int, std::string>>{{2, "sooner"}, {3, "anew"}, {5, "put off"}});
  CHECK(stage.next() == leat::detail::never);
}

TEST_CASE("notifications: setting the clock changes no wait that has begun") {
  for (auto const jump : {-3600s, 3600s}) {
    runnable<int> stage;
    stage.value(1, stage.world.on_the_wall + 2s);
    stage.world.on_the_wall += jump;
    stage.world.pass(1s);
    CHECK_FALSE(stage.turn());
    stage.world.pass(1s);
    CHECK(stage.turn());
    CHECK(stage.rang() == std::vector<int>{1});
  }
}

TEST_CASE("notifications: a time that is wanted again is waited for by a clock that was set back meanwhile") {
  runnable<int> stage;
  stage.value(1, stage.world.on_the_wall + 2s, 2);
  stage.world.on_the_wall -= 3600s;
  stage.world.pass(2s);
  CHECK(stage.turn());
  CHECK(stage.rang() == std::vector<int>{1});
  // It is no longer due, so nobody is called again and again until the clock has caught up.
  CHECK_FALSE(stage.turn());
  CHECK(stage.next() == stage.world.steady + 3600s);
  stage.world.pass(3600s);
  CHECK(stage.turn());
  CHECK(stage.rang() == std::vector<int>{1, 1});
}

TEST_CASE("collect: setting the clock neither ends a wait nor lengthens it") {
  for (auto const jump : {-3600s, 3600s}) {
    clocks world;
    leat::detail::step_context const step(leat::detail::step_info("collect", leat::step_name("c")), world);
    leat::detail::collect_logic<int> logic(leat::inactive_for(2s), leat::max_age(3s), 100);
    logic.bind(step);
    struct {
      leat::detail::collected<int> kept;
      leat::detail::collected<int>& state() { return kept; }
      void forget() {}
    } key;
    auto const emit = [](int, std::vector<int> const&) {};
    steady_time const begin = world.steady;
    logic.begin_batch();
    logic.on_value(key, 7, 1, emit);
    CHECK(logic.notify_at(key.kept) == begin + 2s);
    world.on_the_wall += jump;
    world.pass(1s);
    CHECK(logic.notify_at(key.kept) == begin + 2s);
    logic.begin_batch();
    logic.on_value(key, 7, 2, emit);
    CHECK(logic.notify_at(key.kept) == begin + 3s);
  }
}

TEST_CASE("notifications: the memory is that of the keys, however many values they have") {
  std::size_t const before = counted_key::alive;
  {
    runnable<counted_key> stage;
    std::vector<counted_key> keys;
    for (int i = 0; i != 100; ++i) keys.emplace_back(i);
    std::size_t most = 0;
    for (int i = 0; i != 500'000; ++i) {
      counted_key const& key = keys[static_cast<std::size_t>(i % 100)];
      // Sooner each time, later each time, at once the same again, or after the key was forgotten.
      std::chrono::nanoseconds const shift(i);
      stage.value(key, stage.world.on_the_wall + 24h + (i % 3 == 0 ? -shift : i % 3 == 1 ? shift : 0ns));
      if (i / 100 % 10 == 0) stage.forget(key);
      if (i % 1000 < 500) stage.world.pass(1ns);
      most = std::max(most, counted_key::alive - before);
    }
    CHECK(most < 100 + 300 + 2 * 100 + 100);
  }
  CHECK(counted_key::alive == before);
}

TEST_CASE("notifications: those that are due wait while the next step has no room") {
  leat::flow flow("slow");
  flow.input("in", leat::from::iterable(pairs<int, int>{})) | leat::collect("c", leat::max_age(10s), 100) |
      leat::async_map(
          "wait",
          [](std::pair<int, std::vector<int>> list) -> leat::task<int> {
            co_await leat::sleep(1ms);
            co_return list.first;
          },
          leat::in_flight(16)) |
      leat::output("out", leat::to::out());
  leat::test::cluster c{flow, leat::test::seed(1)};
  pairs<int, int> records;
  for (int i = 0; i != 10'000; ++i) records.emplace_back(i, 1);
  c.feed("in", records).advance(9s);
  CHECK(c.of<int>("out").empty());
  c.feed("in", pairs<int, int>{{-1, 1}}).advance(1s + 5ms);
  std::size_t const first = c.of<int>("out").size();
  CHECK(first > 16);
  CHECK(first < 200);
  c.advance(5s);
  CHECK(c.of<int>("out").size() == 10'000);
  c.advance(5s);
  CHECK(c.of<int>("out").size() == 10'001);
}
