// SPDX-License-Identifier: BSL-1.0
#include <leat/run/stats.hpp>

#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/from/range.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/branch.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>
#include <leat/op/or_else.hpp>
#include <leat/op/waiting.hpp>
#include <leat/run/run.hpp>
#include <leat/run/stats/collect.hpp>
#include <leat/run/stats/stats_signal.hpp>
#include <leat/state/join.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include "fixture/shapes.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

/// By the names of the steps, over all processes.
class totals {
 public:
  struct of_step {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    std::uint64_t keys = 0;
    std::map<std::string, std::uint64_t> counts;
  };

  void add(leat::run_stats const& process) {
    std::lock_guard const lock(mutex_);
    ++processes;
    for (leat::step_stats const& step : process.steps) {
      of_step& sum = steps[step.name + (step.sends_to.empty() ? "" : " -> ") + step.sends_to];
      sum.in += step.in;
      sum.out += step.out;
      sum.keys += step.keys;
      for (auto const& count : step.counts) sum.counts[count.of] += count.number;
    }
  }

  unsigned processes = 0;
  std::map<std::string, of_step> steps;

 private:
  std::mutex mutex_;
};

leat::step_stats const* step_of(leat::run_stats const& stats, std::string const& name) {
  for (leat::step_stats const& step : stats.steps)
    if (step.name == name) return &step;
  return nullptr;
}

leat::run_stats stats_of_run(leat::flow const& flow, leat::options options = {}) {
  leat::run_stats kept;
  options.on_stats = [&kept](leat::run_stats stats) { kept = std::move(stats); };
  leat::run(flow, options);
  return kept;
}

}  // namespace

TEST_CASE("stats: what goes in and out of each step is counted, over the shapes") {
  leat::test::for_each_shape([](leat::test::shape const& given) {
    if (given.runs == leat::test::shape::kind::real_processes) return;  // their numbers stay with them
    totals sums;
    leat::test::shape shape = given;
    shape.options.on_stats = [&sums](leat::run_stats of_process) { sums.add(of_process); };
    std::vector<std::pair<int, int>> collected;
    leat::flow flow("flow");
    flow.input("in", leat::from::range(1000)) | leat::map("same", [](int x) { return x; }) |
        leat::filter("even", [](int x) { return x % 2 == 0; }) | leat::key_on("key", [](int x) { return x % 10; }) |
        leat::stateful_map("sum", [](std::optional<int>& sum, int x) { return *(sum = sum.value_or(0) + x); }) |
        leat::output("out", leat::to::collect(collected));
    shape.run(flow, collected);
    CHECK(collected.size() == 500);
    CHECK(sums.processes == given.processes);
    CHECK(sums.steps.size() == 4);
    CHECK(sums.steps["in"].in == 0);
    CHECK(sums.steps["in"].out == 1000);
    CHECK(sums.steps["same, even, key -> sum"].in == 1000);
    CHECK(sums.steps["same, even, key -> sum"].out == 500);
    CHECK(sums.steps["sum"].in == 500);
    CHECK(sums.steps["sum"].out == 500);
    CHECK(sums.steps["sum"].keys == 5);
    CHECK(sums.steps["out"].in == 500);
    CHECK(sums.steps["out"].out == 0);
  });
}

TEST_CASE("stats: streams that are used twice, branched, merged, joined and failed of") {
  int seen = 0;
  leat::flow flow("flow");
  leat::stream in = flow.input("in", leat::from::range(100));
  auto sides = in | leat::branch("small", [](int x) { return x < 30; });
  leat::merge("both", sides.trues, sides.falses) | leat::output("merged", leat::to::for_each([&seen](int) { ++seen; }));
  auto tried =
      in | leat::or_else(leat::map("odd", [](int x) { return x % 2 == 0 ? throw std::runtime_error("even") : x; }));
  tried.down | leat::output("odds", leat::to::for_each([](int) {}));
  tried.errors | leat::output("evens", leat::to::for_each([](auto const&) {}));
  auto left = in | leat::key_on("left", [](int x) { return x; });
  auto right =
      in | leat::filter("tens", [](int x) { return x % 10 == 0; }) | leat::key_on("right", [](int x) { return x; });
  leat::join("join", left, right) | leat::output("joined", leat::to::for_each([](auto const&) {}));
  totals sums;
  sums.add(stats_of_run(flow));
  CHECK(seen == 100);
  CHECK(sums.steps["in"].out == 100);
  CHECK(sums.steps["small"].in == 100);
  CHECK(sums.steps["both"].in == 100);
  CHECK(sums.steps["both"].out == 100);
  CHECK(sums.steps["odds"].in == 50);
  CHECK(sums.steps["evens"].in == 50);
  CHECK(sums.steps["join"].in == 110);
  CHECK(sums.steps["join"].out == 10);
  CHECK(sums.steps["join"].counts["keys without a value on some side"] == 90);
  std::uint64_t failed = 0;
  for (auto const& [name, step] : sums.steps)
    if (auto const at = step.counts.find("to its errors"); at != step.counts.end()) failed += at->second;
  CHECK(failed == 50);
}

TEST_CASE("stats: they come although the run fails, and before it throws") {
  bool told = false;
  leat::options options;
  options.on_stats = [&told](leat::run_stats stats) {
    told = true;
    CHECK(step_of(stats, "in")->out >= 1);
  };
  leat::flow flow("flow");
  flow.input("in", leat::from::range(10)) |
      leat::output("out", leat::to::for_each([](int) { throw std::runtime_error("no"); }));
  CHECK_THROWS_AS(leat::run(flow, options), leat::run_error);
  CHECK(told);
}

TEST_CASE("stats: who waits for whose room") {
  leat::flow flow("flow");
  flow.input("in", leat::from::range(100)) | leat::map("twice", [](int x) { return 2 * x; }) |
      leat::async_map(
          "slow",
          [](int x) -> leat::task<int> {
            co_await leat::sleep(std::chrono::milliseconds(10));
            co_return x;
          },
          leat::in_flight(1)) |
      leat::output("out", leat::to::for_each([](int) {}));
  leat::detail::simulation simulation;
  simulation.options.batch_size = 1;
  leat::detail::simulated_cluster cluster(flow.description(), simulation);
  cluster.run();
  leat::run_stats const stats = leat::detail::stats_of(cluster.process(0), flow.description());
  constexpr std::uint64_t ten_milliseconds = 10'000'000;
  CHECK(stats.time >= 100 * ten_milliseconds);
  leat::step_stats const& in = *step_of(stats, "in");
  REQUIRE(in.waits.size() >= 1);
  CHECK(in.waits.front().of == "slow");
  CHECK(in.waits.front().number >= 90 * ten_milliseconds);
  CHECK(in.waits.front().number <= stats.time);
  leat::step_stats const& twice = *step_of(stats, "twice");
  CHECK_FALSE(twice.has_turns);
  CHECK(twice.turn_of == 0);
  leat::step_stats const& slow = *step_of(stats, "slow");
  CHECK(slow.has_turns);
  REQUIRE(slow.waits.size() >= 1);
  CHECK(slow.waits.front().of.empty());
}

TEST_CASE("stats: before the workers have begun there are steps without numbers") {
  leat::flow flow("flow");
  flow.input("in", leat::from::range(100)) | leat::output("out", leat::to::for_each([](int) {}));
  leat::detail::simulation simulation;
  simulation.processes = 2;
  leat::detail::simulated_cluster cluster(flow.description(), simulation);
  leat::run_stats const stats = leat::detail::stats_of(cluster.process(1), flow.description());
  CHECK(stats.process == 1);
  CHECK(stats.processes == 2);
  CHECK(stats.epoch == 0);
  CHECK(stats.steps.size() == 2);
  CHECK(stats.table().find("in (input)") != std::string::npos);
}

TEST_CASE("stats: the table") {
  leat::run_stats stats;
  stats.flow = "words";
  stats.process = 1;
  stats.processes = 2;
  stats.workers = 2;
  stats.time = 2'000'000'000;
  stats.epoch = 3;
  auto const add = [&stats](char const* name, char const* kind, std::uint64_t in,
                            std::uint64_t out) -> leat::step_stats& {
    leat::step_stats& step = stats.steps.emplace_back();
    step.name = name;
    step.kind = kind;
    step.in = in;
    step.out = out;
    step.turn_of = stats.steps.size() - 1;
    return step;
  };
  {
    leat::step_stats& text = add("text", "input", 0, 1000);
    text.batches = 2;
    text.has_turns = true;
    text.busy = 1'000'000'000;
    text.busiest = 1'000'000'000;
    text.waits.push_back({"count", 600'000'000});
    text.waits.push_back({"", 1'000'000});
    text.counts.push_back({"malformed, left out", 7});
  }
  add("out", "output", 12, 0).turn_of = 2;
  {
    leat::step_stats& count = add("count", "stateful_map", 1234567, 12);
    count.has_turns = true;
    count.busy = 4'000'000'000;
    count.busiest = 2'000'000'000;
    count.keeps_state = true;
    count.keys = 1;
  }
  {
    leat::step_stats& loop = add("split, word", "key_on", 1000, 1234567);
    loop.turn_of = 0;
    loop.sends_to = "count";
  }
  CHECK(stats.table() ==
        "leat: flow \"words\", process 1 of 2: 2.0 s, 2 workers, epoch 3\n"
        "            in            out   per second    batches   busy   most  step\n"
        "             -          1,000          500          2   25 %   50 %  text (input)\n"
        "                                                                       waits: 15 % for room at count\n"
        "                                                                       7 malformed, left out\n"
        "         1,000      1,234,567          500          0      \"      \"  split, word -> count\n"
        "     1,234,567             12      617,283          0  100 %  100 %  count (stateful_map)\n"
        "                                                                       1 key\n"
        "            12              -            6          0      \"      \"  out (output)");
}

namespace {
void handler_of_the_program(int) {}
void* action_of(int number) {
  struct sigaction now{};
  ::sigaction(number, nullptr, &now);
  return reinterpret_cast<void*>(now.sa_handler);
}
}  // namespace

TEST_CASE("stats: SIGUSR1 asks whoever listens, and a program's own handler stays") {
  auto* const before = std::signal(SIGUSR1, &handler_of_the_program);
  auto& signal = leat::detail::stats_signal::of_process();
  signal.take();
  CHECK(action_of(SIGUSR1) == reinterpret_cast<void*>(&handler_of_the_program));
  std::signal(SIGUSR1, SIG_IGN);
  signal.take();
  CHECK(action_of(SIGUSR1) == reinterpret_cast<void*>(SIG_IGN));
  std::signal(SIGUSR1, SIG_DFL);
  std::atomic<bool> told{false};
  signal.listen({[](void* flag) {
                   static_cast<std::atomic<bool>*>(flag)->store(true);
                   static_cast<std::atomic<bool>*>(flag)->notify_all();
                 },
                 &told});
  std::raise(SIGUSR1);
  told.wait(false);
  signal.leave(&told);
  std::raise(SIGUSR1);  // nobody listens any more: it does not kill
  CHECK(told.load());
  std::signal(SIGUSR1, before);
}
