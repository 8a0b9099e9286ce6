// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>
#include <leat/flow.hpp>
#include <leat/from/generate.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/map.hpp>
#include <leat/run/run.hpp>
#include <leat/testing/run.hpp>
#include <leat/to/output.hpp>

#include "fixture/counting.hpp"
#include "op/flows.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

using flows::sorted;
using leat::test::count_to;
using leat::test::endless;
using leat::test::epoch_per_turn;
using leat::test::into;
using leat::test::up_to;
using leat::test::with_marks;

namespace {

/// Lets the even ones overtake the odd ones.
leat::task<int> odd_ones_wait(int i) {
  if (i % 2 == 1)
    for (int turn = 0; turn != 5; ++turn) co_await leat::next_turn();
  co_return i;
}

/// A client library of the usual kind: it answers on a thread of its own.
class client {
 public:
  client() : thread_([this] { answer(); }) {}
  client(client const&) = delete;
  client& operator=(client const&) = delete;
  ~client() {
    {
      std::lock_guard const lock(mutex_);
      closing_ = true;
    }
    bell_.notify_one();
    thread_.join();
  }

  leat::completion<int> twice(int i) {
    leat::completion<int> answer;
    {
      std::lock_guard const lock(mutex_);
      asked_.emplace_back(i, answer);
    }
    bell_.notify_one();
    return answer;
  }

 private:
  void answer() {
    std::unique_lock lock(mutex_);
    for (;;) {
      bell_.wait(lock, [this] { return closing_ || !asked_.empty(); });
      if (asked_.empty()) return;
      auto calls = std::exchange(asked_, {});
      lock.unlock();
      for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
        if (call->first % 50 == 49)
          call->second.fail(std::make_exception_ptr(std::runtime_error("no answer for you")));
        else
          call->second.set(2 * call->first);
      }
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable bell_;
  std::vector<std::pair<int, leat::completion<int>>> asked_;
  bool closing_ = false;
  std::thread thread_;
};

class counted {
 public:
  explicit counted(int n) : number(n), self_(this) { ++alive; }
  counted(counted&& other) noexcept : number(other.number), self_(this) { ++alive; }
  counted& operator=(counted&& other) noexcept {
    number = other.number;
    return *this;
  }
  ~counted() {
    if (self_ != this) ++destroyed_twice;
    self_ = nullptr;
    --alive;
  }

  int number;
  static inline int alive = 0;
  static inline int destroyed_twice = 0;

 private:
  counted* self_;
};

}  // namespace

TEST_CASE("ordered: results come in the order of the records, whichever is ready first") {
  for (std::size_t const batch : {std::size_t{0}, std::size_t{1}, std::size_t{7}}) {
    std::vector<int> seen;
    leat::flow flow("ordered");
    flow.input("in", count_to(500)) | leat::async_map("wait", odd_ones_wait, leat::in_flight(8), leat::ordered) |
        leat::output("out", into(seen));
    leat::options options;
    options.batch_size = batch;
    leat::run(flow, options);
    CHECK(seen == up_to(500));
  }
}

TEST_CASE("unordered: results come as they are ready, none is lost") {
  std::vector<int> seen;
  leat::flow flow("unordered");
  flow.input("in", count_to(500)) | leat::async_map("wait", odd_ones_wait, leat::unordered) |
      leat::output("out", into(seen));
  leat::run(flow);
  CHECK(seen != up_to(500));
  CHECK(seen.at(1) == 2);
  CHECK(sorted(seen) == up_to(500));
}

TEST_CASE("no more records are under way than in_flight says, and as many as that") {
  auto const check = [&](auto order) {
    int under_way = 0;
    int most = 0;
    std::vector<int> seen;
    auto counting = [&](int i) -> leat::task<int> {
      most = std::max(most, ++under_way);
      co_await leat::next_turn();
      co_await leat::next_turn();
      --under_way;
      co_return i;
    };
    leat::flow flow("bounded");
    flow.input("in", count_to(300)) | leat::async_map(counting, leat::in_flight(4), order) |
        leat::output("out", into(seen));
    leat::run(flow);
    CHECK(most == 4);
    CHECK(sorted(seen) == up_to(300));
  };
  check(leat::ordered);
  check(leat::unordered);
}

TEST_CASE("a function that does not wait is fine, with one record in flight as well") {
  std::vector<int> seen;
  leat::flow flow("at once");
  flow.input("in", count_to(5000)) |
      leat::async_map([](int i) -> leat::task<int> { co_return i; }, leat::in_flight(1)) |
      leat::output("out", into(seen));
  leat::run(flow);
  CHECK(seen == up_to(5000));
}

TEST_CASE("nothing is reordered across the end of an epoch") {
  std::vector<int> log;
  leat::flow flow("marks");
  flow.input("in", count_to(200)) | leat::async_map("wait", odd_ones_wait, leat::unordered) |
      leat::output("out", with_marks(log));
  leat::run(flow, epoch_per_turn());
  std::vector<int> epoch;
  int next = 0;
  int marks = 0;
  for (int const i : log) {
    if (i != -1) {
      epoch.push_back(i);
      continue;
    }
    ++marks;
    std::sort(epoch.begin(), epoch.end());
    for (int const each : epoch) CHECK(each == next++);
    epoch.clear();
  }
  CHECK(next == 200);
  CHECK(marks >= 5);
}

TEST_CASE("answers that come on another thread, some of them failures, as outcomes") {
  for (auto const spin : {0ns, 20'000ns}) {
    client remote;
    std::vector<leat::outcome<int>> seen;
    leat::flow flow("client");
    flow.input("in", count_to(400)) |
        leat::async_map(
            "ask",
            [&remote](int i) -> leat::task<int> {
              int const twice = co_await remote.twice(i);
              co_return twice + 1;
            },
            leat::as_outcome, leat::in_flight(32)) |
        leat::output("out", into(seen));
    leat::options options;
    options.spin = spin;
    leat::run(flow, options);
    REQUIRE(seen.size() == 400);
    for (int i = 0; i != 400; ++i) {
      leat::outcome<int> const& outcome = seen[static_cast<std::size_t>(i)];
      if (i % 50 == 49) {
        CHECK_FALSE(outcome);
        CHECK(outcome.error == "no answer for you");
        CHECK_FALSE(outcome.timed_out);
      } else {
        REQUIRE(outcome);
        CHECK(*outcome.value == 2 * i + 1);
      }
    }
  }
}

TEST_CASE("a failure ends the run when no outcomes are wanted, and names the step") {
  std::vector<int> seen;
  leat::flow flow("fails");
  flow.input("in", count_to(100)) | leat::async_map("geo", [](int i) -> leat::task<int> {
    co_await leat::next_turn();
    if (i == 42) throw std::runtime_error("nowhere");
    co_return i;
  }) | leat::output("out", into(seen));
  try {
    leat::run(flow);
    FAIL("the run should have failed");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "fails.geo");
    CHECK(std::string(e.what()).find("nowhere") != std::string::npos);
    CHECK_THROWS_WITH_AS(std::rethrow_if_nested(e), "nowhere", std::runtime_error);
  }
}

TEST_CASE("a record that takes too long is an outcome; its task is destroyed, the others go on") {
  counted::alive = 0;
  counted::destroyed_twice = 0;
  std::vector<leat::completion<int>> left_behind;
  std::vector<leat::outcome<int>> seen;
  auto const check = [&](auto order) {
    seen.clear();
    leat::flow flow("late");
    flow.input("in", count_to(60)) | leat::map([](int i) { return counted(i); }) |
        leat::async_map(
            "ask",
            [&left_behind](counted c) -> leat::task<int> {
              if (c.number % 20 == 3) {
                counted const held(c.number);
                leat::completion<int> never_in_time;
                left_behind.push_back(never_in_time);
                int const answer = co_await never_in_time;
                co_return answer + held.number;
              }
              if (c.number % 20 == 4) co_await leat::sleep(1h);
              co_return c.number;
            },
            leat::within(2ms), leat::as_outcome, order) |
        leat::output("out", into(seen));
    leat::test::run(flow).keep("in").finish();
    CHECK(counted::alive == 0);
    REQUIRE(seen.size() == 60);
    int late = 0;
    int good = 0;
    for (auto const& outcome : seen) {
      if (outcome) ++good;
      if (!outcome && outcome.timed_out) {
        ++late;
        CHECK(outcome.error == "the record took longer than 2 ms");
      }
    }
    CHECK(late == 6);
    CHECK(good == 54);
  };
  check(leat::ordered);
  check(leat::unordered);
  CHECK(left_behind.size() == 6);
  for (auto const& c : left_behind) CHECK(c.set(1));  // the flow has ended long ago
  CHECK(counted::destroyed_twice == 0);
}

TEST_CASE("a record that takes too long ends the run when no outcomes are wanted") {
  std::vector<int> seen;
  leat::flow flow("late");
  flow.input("in", count_to(3)) |
      leat::async_map(
          "ask",
          [](int i) -> leat::task<int> {
            if (i == 1) co_await leat::sleep(1h);
            co_return i;
          },
          leat::within(1ms)) |
      leat::output("out", into(seen));
  try {
    leat::test::run(flow).keep("in").finish();
    FAIL("the run should have failed");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "late.ask");
    CHECK_THROWS_AS(std::rethrow_if_nested(e), leat::timed_out);
  }
}

TEST_CASE("blocking work that is timed out finishes by itself, whenever that is") {
  std::vector<leat::outcome<int>> seen;
  auto const gate = std::make_shared<std::mutex>();
  {
    std::unique_lock held(*gate);
    leat::flow flow("blocked");
    flow.input("in", count_to(1)) |
        leat::async_map(
            [gate](int i) -> leat::task<int> {
              auto work = leat::blocking([gate, i] {
                std::lock_guard const wait(*gate);
                return i;
              });
              co_return co_await work;
            },
            leat::within(2ms), leat::as_outcome) |
        leat::map([&held](leat::outcome<int> outcome) {
          held.unlock();  // let the work go on after its time-out: the run waits for it
          return outcome;
        }) |
        leat::output("out", into(seen));
    leat::run(flow);
  }
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].timed_out);
}

TEST_CASE("records and results that can only be moved; the record may be taken by reference") {
  std::vector<int> seen;
  leat::flow flow("pointers");
  flow.input("in", count_to(100)) | leat::map([](int i) { return std::make_unique<int>(i); }) |
      leat::async_map([](std::unique_ptr<int> const& p) -> leat::task<std::unique_ptr<int>> {
        co_await leat::next_turn();
        co_return std::make_unique<int>(*p + 0);
      }) |
      leat::async_map(
          [](std::unique_ptr<int>&& p) -> leat::task<int> {
            co_await leat::next_turn();
            std::unique_ptr<int> const number = std::move(p);
            co_return *number;
          },
          leat::in_flight(3)) |
      leat::output("out", into(seen));
  leat::run(flow);
  CHECK(seen == up_to(100));
}

TEST_CASE("keyed streams, several workers, several consumers") {
  std::mutex mutex;
  std::vector<int> seen;
  std::vector<int> others;
  auto source = leat::from::generate([](leat::emitter<std::pair<std::string, int>>& out) -> leat::task<> {
    for (int i = 0; i != 50; ++i) {
      out(std::pair<std::string, int>("a", i));
      co_await leat::next_turn();
    }
  });
  leat::flow flow("keyed");
  leat::stream numbers = flow.input("in", std::move(source).on_every_worker());
  numbers | leat::async_map("wait", [](std::pair<std::string, int> p) -> leat::task<int> {
    co_await leat::next_turn();
    co_return p.second;
  }) | leat::output("out", leat::to::for_each([&](int i) {
                      std::lock_guard const lock(mutex);
                      seen.push_back(i);
                    }));
  numbers | leat::output("others", leat::to::for_each([&](std::pair<std::string, int> const& p) {
                           std::lock_guard const lock(mutex);
                           others.push_back(p.second);
                         }));
  leat::options options = epoch_per_turn();
  options.workers = 3;
  leat::run(flow, options);
  CHECK(seen.size() == 150);
  CHECK(sorted(seen) == sorted(others));
}

TEST_CASE("a run that is stopped waits for the records under way") {
  std::stop_source stop;
  std::vector<int> seen;
  leat::flow flow("stopped");
  flow.input("in", leat::from::generate(endless)) | leat::async_map("wait", odd_ones_wait) | leat::map([&stop](int i) {
    if (i == 100) stop.request_stop();
    return i;
  }) | leat::output("out", into(seen));
  leat::options options;
  options.stop = stop.get_token();
  leat::run(flow, options);
  REQUIRE(seen.size() > 100);
  CHECK(seen == up_to(static_cast<int>(seen.size())));
}

TEST_CASE("options that let nothing through are refused where the step is written") {
  leat::flow flow("refused");
  leat::stream in = flow.input("in", count_to(1));
  CHECK_THROWS_AS(in | leat::async_map("none", odd_ones_wait, leat::in_flight(0)), leat::flow_error);
  CHECK_THROWS_AS(in | leat::async_map("no time", odd_ones_wait, leat::within(0ms)), leat::flow_error);
}
