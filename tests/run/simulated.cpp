// SPDX-License-Identifier: BSL-1.0
#include <leat/run/simulated/runtime.hpp>

#include <doctest/doctest.h>

#include <leat/from/iterable.hpp>
#include <leat/op/step.hpp>
#include <leat/op/waiting.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/state/count_final.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/two_by_two.hpp"
#include "fixture/work_of.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using leat::detail::runnable;
using leat::detail::simulated_runtime;
using leat::detail::worker_coroutine;
using leat::test::two_by_two;
using leat::test::work_of;

namespace {

/// A worker of the simulator's that does what a test says in each turn: it returns whether it made progress.
class fake final : public runnable {
 public:
  explicit fake(std::function<bool(fake&)> turn) : turn_(std::move(turn)), body_(loop(*this)) {}
  worker_coroutine& body() override { return body_; }
  leat::steady_time wake_at() override { return due; }
  void fail(std::exception_ptr) override {}

  leat::steady_time due = leat::detail::never;
  bool ended = false;
  int turns = 0;

 private:
  static worker_coroutine loop(fake& self) {
    while (!self.ended) {
      ++self.turns;
      bool const progress = self.turn_(self);
      co_yield progress;
    }
  }
  std::function<bool(fake&)> turn_;
  worker_coroutine body_;
};

/// Forgets that it has something to do: it says that it made no progress with records in hand.
class loses_its_wake_up final : public leat::detail::stage, public leat::detail::consumer<int> {
 public:
  explicit loses_its_wake_up(leat::detail::worker_builder& worker, leat::detail::node const& described) {
    worker.provide({described.id, 0}, next_);
  }
  void take(int* records, std::size_t count) override { held_.insert(held_.end(), records, records + count); }
  void look(int const* records, std::size_t count) override { held_.insert(held_.end(), records, records + count); }
  void arrive(leat::detail::mark arrived) override { mark_ = arrived; }
  void advance(leat::detail::stream_time) override {}
  bool ready() override { return held_.empty(); }
  bool turn() override {
    if (mark_.epoch != 0 && std::exchange(saw_mark_, true)) {
      next_.take(held_.data(), held_.size());
      next_.arrive(mark_);
      done_ = true;
    }
    return done_;
  }
  bool done() const override { return done_; }

 private:
  leat::detail::fan_out<int> next_;
  std::vector<int> held_;
  leat::detail::mark mark_;
  bool saw_mark_ = false;
  bool done_ = false;
};
class losing_node final : public leat::detail::node {
 public:
  losing_node(leat::detail::step_info step, leat::detail::port from) : node({std::move(step)}, {from}) {}
  void build(leat::detail::worker_builder& worker) const override {
    worker.subscribe<int>(inputs.front(), worker.add<loses_its_wake_up>(worker, *this));
  }
};

leat::task<> waits_for_nobody(leat::inlet<int>& in, leat::outlet<int>& out) {
  leat::completion<int> never_set;
  while (auto batch = co_await in.next()) out(co_await never_set);
}

std::string stuck(leat::flow const& flow, leat::detail::simulation const& simulation) {
  try {
    leat::detail::simulated_cluster(flow.description(), simulation).run();
  } catch (leat::stuck_error const& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("time stands still while somebody is awake and then jumps to the next time that is waited for") {
  simulated_runtime world(1, 0ns);
  leat::steady_time const start = world.now();
  leat::wall_time const wall_start = world.wall();
  std::vector<std::pair<std::string, std::chrono::nanoseconds>> seen;
  fake early([&](fake& self) {
    seen.emplace_back("early", world.elapsed());
    self.due = start + 3s;
    return self.ended = self.turns == 2;
  });
  fake late([&](fake& self) {
    seen.emplace_back("late", world.elapsed());
    self.due = start + 5s;
    return self.ended = self.turns == 2;
  });
  world.after(4s, [&] { seen.emplace_back("call", world.elapsed()); });
  world.drive({&early, &late});
  std::sort(seen.begin(), seen.begin() + 2);
  CHECK(seen == std::vector<std::pair<std::string, std::chrono::nanoseconds>>{
                    {"early", 0s}, {"late", 0s}, {"early", 3s}, {"call", 4s}, {"late", 5s}});
  CHECK(world.now() == start + 5s);
  CHECK(world.wall() == wall_start + 5s);
}

TEST_CASE("a turn takes time when the simulation says so") {
  simulated_runtime world(1, 10us);
  fake stage([](fake& self) {
    self.ended = self.turns == 1000;
    return true;
  });
  world.drive({&stage});
  CHECK(world.elapsed() > 1ms);
  CHECK(world.elapsed() < 10ms);
}

TEST_CASE("who sleeps is woken by a wake-up, also by one that comes during its own turn") {
  simulated_runtime world(7, 0ns);
  bool flag = false;
  fake sleeper([&](fake& self) {
    if (self.turns == 1) {
      world.wake(self);  // comes before it sleeps
      return false;
    }
    return self.ended = flag;
  });
  fake waker([&](fake& self) {
    if (self.turns < 5) return true;
    flag = true;
    world.wake(sleeper);
    return self.ended = true;
  });
  world.drive({&sleeper, &waker});
  CHECK(sleeper.turns >= 2);
}

TEST_CASE("who wakes itself during its own turn has another one, though nobody else would wake it") {
  simulated_runtime world(7, 0ns);
  fake alone([&](fake& self) {
    if (self.turns == 2) return self.ended = true;
    world.wake(self);
    return false;
  });
  world.drive({&alone});
  CHECK(alone.turns == 2);
}

TEST_CASE("advance does what is due and no more") {
  simulated_runtime world(3, 0ns);
  fake every_second([&](fake& self) {
    self.due = world.now() + 1s;
    return false;
  });
  world.add({&every_second});
  world.advance(0s);
  CHECK(every_second.turns == 1);
  world.advance(2500ms);
  CHECK(every_second.turns == 3);
  CHECK(world.elapsed() == 2500ms);
  world.advance(500ms);
  CHECK(every_second.turns == 4);
}

TEST_CASE("work that blocks comes back later, in virtual time") {
  simulated_runtime world(3, 0ns);
  std::chrono::nanoseconds time{0};
  fake stage([&](fake& self) {
    if (self.turns == 1)
      world.block(std::make_shared<work_of>([&] {
        time = world.elapsed();
        world.wake(self);
      }));
    return self.ended = time > 0ns;
  });
  world.drive({&stage});
  CHECK(time > 0ns);
  CHECK(time <= 10ms);
}

TEST_CASE("a descriptor is readable soon") {
  simulated_runtime world(3, 0ns);
  fake stage([&](fake& self) {
    if (self.turns == 1) world.wake_when_readable(0, self);
    return self.ended = self.turns == 2;
  });
  world.drive({&stage});
  CHECK(stage.turns == 2);
}

TEST_CASE("the trace depends on the seed alone, not on the compiler") {
  auto const trace_of = [](std::uint64_t seed) {
    simulated_runtime world(seed);
    auto const work = [&](fake& self) {
      self.ended = self.turns == 20;
      self.due = world.now() + 5us;
      return world.draw() % 2 == 0 || self.ended;
    };
    fake a(work);
    fake b(work);
    fake c(work);
    world.drive({&a, &b, &c});
    return world.trace();
  };
  CHECK(trace_of(42) == trace_of(42));
  CHECK(trace_of(42) == 5597050931858190488u);
  std::set<std::uint64_t> drawn;
  for (std::uint64_t seed = 0; seed != 500; ++seed) drawn.insert(trace_of(seed));
  CHECK(drawn.size() == 500);
}

TEST_CASE("who waits for nothing is found out, by name") {
  simulated_runtime world(1);
  fake ends([](fake& self) { return self.ended = true; });
  fake sleeps([](fake&) { return false; });
  std::string text;
  try {
    world.drive({&ends, &sleeps});
  } catch (leat::stuck_error const& error) {
    text = error.what();
  }
  CHECK(text.find("have not ended: 1.") != std::string::npos);
}

TEST_CASE("who never rests is found out when time is driven by hand") {
  simulated_runtime world(1, 0ns);
  fake busy([](fake&) { return true; });
  world.add({&busy});
  CHECK_THROWS_AS(world.advance(1s), leat::stuck_error);
}

TEST_CASE("a stage that loses its wake-up leaves the flow stuck, and is reported") {
  leat::flow flow{"lost"};
  std::vector<int> got;
  leat::stream s = flow.input("in", leat::from::iterable(std::vector{1, 2, 3}));
  leat::detail::graph& graph = leat::detail::stream_access::graph_of(s);
  leat::detail::step_info info("lossy", leat::step_name("lossy"));
  graph.name_step(info);
  leat::detail::port const from = leat::detail::seal(s);
  leat::detail::stream_access::make<int>(graph, graph.add<losing_node>(std::move(info), from)) |
      leat::output("out", leat::to::collect(got));
  leat::detail::simulation simulation;
  simulation.options.snapshot_interval = std::chrono::nanoseconds::max();
  std::string const text = stuck(flow, simulation);
  CHECK(text.find("have not ended: 0.") != std::string::npos);
}

TEST_CASE("a step that awaits what nobody completes leaves all workers that wait for it") {
  leat::flow flow{"nobody"};
  std::vector<int> got;
  flow.input("in", leat::from::iterable(std::vector{1, 2, 3})) | leat::redistribute("spread") |
      leat::step("wait", waits_for_nobody) | leat::redistribute("on") | leat::output("out", leat::to::collect(got));
  CHECK(stuck(flow, two_by_two(5)).find("have not ended: 0, 1, 2, 3.") != std::string::npos);
}

TEST_CASE("hundreds of schedules of a cluster give one result, each of them repeatable") {
  std::vector<int> numbers;
  for (int i = 0; i != 100; ++i) numbers.push_back(i * i % 13);
  std::vector<std::pair<int, std::uint64_t>> got;
  leat::flow flow{"count"};
  flow.input("in", leat::from::iterable(numbers)) | leat::count_final("count", [](int x) { return x; }) |
      leat::output("out", leat::to::collect(got));

  std::vector<std::pair<int, std::uint64_t>> expected;
  std::set<std::uint64_t> traces;
  for (std::uint64_t seed = 0; seed != 300; ++seed) {
    CAPTURE(seed);
    got.clear();
    leat::detail::simulated_cluster cluster(flow.description(), two_by_two(seed));
    cluster.run();
    std::sort(got.begin(), got.end());
    if (seed == 0) expected = got;
    CHECK(got == expected);
    traces.insert(cluster.world().trace());
    if (seed % 50 == 0) {
      leat::detail::simulated_cluster again(flow.description(), two_by_two(seed));
      again.run();
      CHECK(again.world().trace() == cluster.world().trace());
      CHECK(again.world().turns() == cluster.world().turns());
    }
  }
  CHECK(expected.size() == 7);
  CHECK(traces.size() == 300);
}
