// SPDX-License-Identifier: BSL-1.0
// What an orderly stop waits for, and for how long.
#include <leat/run/stop_watch.hpp>

#include <doctest/doctest.h>

#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/from/generate.hpp>
#include <leat/from/iterable.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/completion.hpp>
#include <leat/op/step.hpp>
#include <leat/op/waiting.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include "fixture/two_by_two.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// Five records, and then nothing more, without an end.
leat::task<> five_and_on(leat::emitter<int>& out) {
  for (int i = 0; i != 5; ++i) out(i);
  co_await leat::sleep(std::chrono::hours(1000000));
}

leat::task<> five(leat::emitter<int>& out) {
  for (int i = 0; i != 5; ++i) out(i);
  co_return;
}

leat::task<int> never_answered(int) {
  leat::completion<int> const answer;
  co_return co_await answer;
}
leat::task<int> the_third_is_never_answered(int i) {
  if (i == 2) co_return co_await never_answered(i);
  co_await leat::sleep(1ms);
  co_return i;
}
leat::task<int> answered_in_fifteen_seconds(int i) {
  co_await leat::sleep(15s);
  co_return i;
}
leat::task<int> answered_in_months(int i) {
  co_await leat::sleep(std::chrono::hours(1000));
  co_return i;
}
leat::task<> does_not_ask(leat::inlet<int>& in, leat::outlet<int>& out) {
  while (auto batch = co_await in.next())
    for (int const i : batch) {
      out(i);
      leat::completion<int> const never;
      co_await never;
    }
}

struct stopped {
  std::string error;
  std::vector<std::string> log_lines;
  std::chrono::nanoseconds after{};
};

/// Stops it by this process, once nothing moves, and tells how it ended.
stopped stop(leat::flow const& flow, leat::detail::simulation const& simulation, unsigned process = 0) {
  leat::detail::simulated_cluster cluster(flow.description(), simulation);
  stopped result;
  cluster.begin();
  cluster.world().advance(60s);
  std::chrono::nanoseconds const asked = cluster.world().elapsed();
  cluster.process(process).stop();
  cluster.world().run_out();
  result.after = cluster.world().elapsed() - asked;
  try {
    cluster.rethrow();
  } catch (leat::run_error const& failure) {
    result.error = failure.what();
  }
  result.log_lines = cluster.world().log_lines;
  return result;
}

std::vector<leat::detail::simulation> shapes() {
  leat::detail::simulation alone;
  alone.options.workers = 1;
  leat::detail::simulation several = alone;
  several.options.workers = 4;
  return {alone, several, leat::test::two_by_two(7)};
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("stopping: look-ups that never end are told of, then given up, and that is an error") {
  for (leat::detail::simulation const& simulation : shapes()) {
    std::vector<int> seen;
    leat::flow flow("stopped");
    flow.input("in", leat::from::generate(five_and_on)) | leat::redistribute("spread") |
        leat::async_map("ask", never_answered) | leat::output("out", leat::to::collect(seen));
    stopped const end = stop(flow, simulation, simulation.processes - 1);
    CHECK(has(end.error, "step \"stopped.ask\" (async_map, "));
    CHECK(has(end.error,
              "under way and nothing has come of it for 20 s (--stop-timeout): these records are not finished"));
    CHECK(end.after >= 20s);
    CHECK(end.after < 23s);
    REQUIRE_FALSE(end.log_lines.empty());
    CHECK(
        end.log_lines.front().starts_with("leat: the stop that was asked for 5 s ago waits for step \"stopped.ask\""));
    CHECK(seen.empty());
  }
}

TEST_CASE("stopping: all processes say the same of whether the input had ended, those without any too") {
  for (bool const asked : {true, false}) {
    std::vector<int> seen;
    leat::flow flow("stopped");
    // All of it is in process 0, and what it has read it keeps.
    flow.input("in", leat::from::iterable(std::vector<int>{1, 2, 3})) | leat::output("out", leat::to::collect(seen));
    flow.input("waits", leat::from::generate(asked ? five_and_on : five)) |
        leat::output("drop", leat::to::for_each([](int) {}));
    leat::detail::simulated_cluster cluster(flow.description(), leat::test::two_by_two(7));
    cluster.begin();
    cluster.world().advance(60s);
    // Process 1 has said goodbye: what stops it is not passed on. Process 0 has not, where there is more to come.
    if (asked) cluster.process(0).stop();
    cluster.process(1).stop();
    cluster.world().run_out();
    cluster.rethrow();
    CHECK(cluster.process(0).stopped() == asked);
    CHECK(cluster.process(1).stopped() == asked);
  }
}

TEST_CASE("stopping: a look-up that has not ended is one of those that are told of") {
  leat::detail::simulation simulation;
  std::vector<int> seen;
  leat::flow flow("stopped");
  flow.input("in", leat::from::generate(five_and_on)) |
      leat::async_map("ask", the_third_is_never_answered, leat::unordered) |
      leat::output("out", leat::to::collect(seen));
  simulation.options.suspect_after = 1s;
  simulation.options.stop_timeout = 3s;
  stopped const end = stop(flow, simulation);
  CHECK(seen.size() == 4);
  REQUIRE(end.log_lines.size() == 1);
  CHECK(has(end.log_lines.front(), " on worker 0: 1 record is under way"));
  CHECK(has(end.error, "but 1 record is under way and nothing has come of it for 3 s"));
  simulation.options.stop_timeout = 0s;
  CHECK(has(stop(flow, simulation).error, "1 record is under way"));
}

TEST_CASE("stopping: look-ups that end one after the other are waited for, however many there are") {
  for (leat::detail::simulation const& simulation : shapes()) {
    std::vector<int> seen;
    leat::flow flow("stopped");
    flow.input("in", leat::from::generate([](leat::emitter<int>& out) -> leat::task<> {
                 for (int i = 0; i != 20; ++i) out(i);
                 co_await leat::sleep(std::chrono::hours(1000000));
               })) |
        leat::async_map("ask", answered_in_fifteen_seconds, leat::in_flight(1)) |
        leat::output("out", leat::to::collect(seen));
    stopped const end = stop(flow, simulation);
    CHECK(end.error == "");
    CHECK(end.after > 200s);
    std::sort(seen.begin(), seen.end());
    CHECK(seen.size() == 20);
    CHECK(end.log_lines.size() == 1);
  }
}

TEST_CASE("stopping: a coroutine step that does not ask for its next records") {
  for (leat::detail::simulation const& simulation : shapes()) {
    std::vector<int> seen;
    leat::flow flow("stopped");
    flow.input("in", leat::from::generate(five_and_on)) | leat::step("slow", does_not_ask) |
        leat::output("out", leat::to::collect(seen));
    stopped const end = stop(flow, simulation);
    CHECK(has(end.error, "step \"stopped.slow\" (step, "));
    CHECK(has(end.error, "the run was to stop, but a coroutine does not ask for its next records"));
    CHECK(end.after >= 20s);
    CHECK(end.after < 23s);
  }
}

TEST_CASE("stopping: without an end they are waited for without an end, and told of once") {
  leat::detail::simulation simulation;
  simulation.options.stop_timeout = std::chrono::nanoseconds::max();
  leat::flow flow("stopped");
  std::vector<int> seen;
  flow.input("in", leat::from::generate(five_and_on)) | leat::async_map("slow", answered_in_months) |
      leat::output("out", leat::to::collect(seen));
  stopped const end = stop(flow, simulation);
  CHECK(end.error == "");
  CHECK(end.log_lines.size() == 1);
  CHECK(seen.size() == 5);
}
