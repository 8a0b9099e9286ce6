// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/poll.hpp>
#include <leat/run/run.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// When the partition wants to be polled, counted from now.
template <class P>
std::chrono::nanoseconds until(P& p) {
  return *p.partition.next_awake() - p.worker.steady;
}

}  // namespace

TEST_CASE("poll calls at once, then every interval from the time a call was due") {
  polled p(leat::from::poll(10s, [n = 0]() mutable { return ++n; }));
  CHECK(until(p) == 0s);
  CHECK(p.next() == std::vector<int>{1});
  CHECK(until(p) == 10s);
  p.worker.steady += 9s;
  CHECK(p.next().empty());
  CHECK(until(p) == 1s);
  p.worker.steady += 14s;
  CHECK(p.next() == std::vector<int>{2});
  CHECK(until(p) == -3s);
  CHECK(p.next() == std::vector<int>{3});
  CHECK(until(p) == 7s);
}

TEST_CASE("an empty optional is nothing now; retry_after puts the call off; end_of_input ends") {
  polled p(leat::from::poll(10s, [n = 0]() mutable -> std::optional<std::string> {
    switch (++n) {
      case 1:
        return std::nullopt;
      case 2:
        throw leat::retry_after(3s);
      case 3:
        return "got it";
      default:
        throw leat::from::end_of_input{};
    }
  }));
  CHECK(p.next().empty());
  CHECK(until(p) == 10s);
  p.worker.steady += 10s;
  CHECK(p.next().empty());
  CHECK(until(p) == 3s);
  p.worker.steady += 3s;
  CHECK(p.next() == std::vector<std::string>{"got it"});
  CHECK(until(p) == 10s);
  p.worker.steady += 10s;
  CHECK(p.reading);
  CHECK(p.next().empty());
  CHECK(!p.reading);
}

TEST_CASE("poll waits for a whole number of intervals from its anchor, not at all when it is one") {
  auto const source = leat::from::poll(10s, [] { return 1; });
  test_worker const clock;
  CHECK([&] {
    polled p(source.align_to(clock.date - 50s));
    return until(p);
  }() == 0s);
  CHECK([&] {
    polled p(source.align_to(clock.date - 53s));
    return until(p);
  }() == 7s);
  CHECK([&] {
    polled p(source.align_to(clock.date + 53s));
    return until(p);
  }() == 3s);
  CHECK([&] {
    polled p(source.align_to(clock.date + 60s));
    return until(p);
  }() == 0s);

  polled p(source.align_to(clock.date - 4s));
  CHECK(p.next().empty());
  p.worker.steady += 6s;
  CHECK(p.next().size() == 1);
  CHECK(until(p) == 10s);
}

TEST_CASE("poll in a run, with each worker count; errors of the function are the run's") {
  for (unsigned const workers : {1u, 4u}) {
    std::vector<int> seen;
    leat::flow flow("poll");
    flow.input("in", leat::from::poll(1us,
                                      [n = 0]() mutable {
                                        if (n == 5) throw leat::from::end_of_input{};
                                        return n++;
                                      })) |
        leat::output("out", leat::to::collect(seen));
    leat::run(flow, {.workers = workers});
    CHECK(seen == std::vector<int>{0, 1, 2, 3, 4});
  }
  std::vector<int> empty;
  leat::flow flow("poll");
  flow.input("in", leat::from::poll(1us, []() -> int { throw std::runtime_error("no sensor"); })) |
      leat::output("out", leat::to::collect(empty));
  CHECK(has(message_of([&] { leat::run(flow); }), "no sensor"));
  CHECK_THROWS_AS(leat::from::poll(0s, [] { return 1; }), leat::flow_error);
}

TEST_CASE("poll that is late and finds nothing is called again at once") {
  std::vector<int> seen;
  leat::flow flow("poll");
  flow.input("in", leat::from::poll(1us,
                                    [n = 0]() mutable -> std::optional<int> {
                                      if (++n == 100) throw leat::from::end_of_input{};
                                      return n % 10 == 9 ? std::nullopt : std::optional(n);
                                    })) |
      leat::output("out", leat::to::collect(seen));
  leat::detail::simulation simulation;  // its turns take longer than the interval
  simulation.options.snapshot_interval = std::chrono::nanoseconds::max();
  leat::detail::simulated_cluster(flow.description(), simulation).run();
  CHECK(seen.size() == 89);
}
