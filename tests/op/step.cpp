// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>
#include <leat/flow.hpp>
#include <leat/from/generate.hpp>
#include <leat/op/map.hpp>
#include <leat/op/step.hpp>
#include <leat/run/run.hpp>
#include <leat/testing/run.hpp>
#include <leat/to/output.hpp>

#include "fixture/counting.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

using leat::test::count_to;
using leat::test::endless;
using leat::test::epoch_per_turn;
using leat::test::into;
using leat::test::up_to;
using leat::test::with_marks;

namespace {

leat::task<> dedupe(leat::inlet<int>& in, leat::outlet<int>& out) {
  std::set<int> seen;
  while (auto batch = co_await in.next())
    for (int const i : *batch)
      if (seen.insert(i % 7).second) out(i);
}

leat::task<> twice_slowly(leat::inlet<int>& in, leat::outlet<std::string>& out) {
  while (auto batch = co_await in.next()) {
    for (int const i : *batch) out(std::to_string(i));
    co_await leat::sleep(1h);
    for (int const i : *batch) out(std::to_string(i) + " again");
  }
  out("the end");
}

leat::task<> first_three(leat::inlet<int>& in, leat::outlet<int>& out) {
  int left = 3;
  while (auto batch = co_await in.next())
    for (int const i : *batch) {
      out(i);
      if (--left == 0) co_return;
    }
}

leat::task<int> one_more(int i) {
  co_await leat::next_turn();
  co_return i + 1;
}

leat::task<> with_helpers(leat::inlet<int>& in, leat::outlet<int>& out) {
  while (auto batch = co_await in.next())
    for (int const i : *batch) {
      int const more = co_await one_more(i);
      out(more);
    }
}

leat::task<> passing_pointers(leat::inlet<std::unique_ptr<int>>& in, leat::outlet<std::unique_ptr<int>>& out) {
  while (auto batch = co_await in.next())
    for (auto& p : *batch) out(std::move(p));
}

leat::task<> failing_at_five(leat::inlet<int>& in, leat::outlet<int>& out) {
  while (auto batch = co_await in.next())
    for (int const i : *batch) {
      if (i == 5) throw std::runtime_error("five!");
      out(i);
    }
}

leat::task<> keeps_one_back(leat::inlet<int>& in, leat::outlet<int>& out) {
  std::optional<int> kept;
  while (auto batch = co_await in.next())
    for (int const i : *batch) {
      if (kept) out(*kept);
      kept = i;
    }
  if (kept) out(*kept);
}

}  // namespace

TEST_CASE("a coroutine step keeps its state in its locals") {
  std::vector<int> seen;
  leat::flow flow("dedupe");
  flow.input("in", count_to(100)) | leat::step("dedupe", dedupe) | leat::output("out", into(seen));
  leat::run(flow);
  CHECK(seen == up_to(7));
  seen.clear();
  leat::run(flow);  // a new run begins anew
  CHECK(seen == up_to(7));
}

TEST_CASE("what a later step has failed of does not come to it again") {
  std::vector<int> seen;
  std::vector<int> results;
  leat::flow flow("dedupe");
  flow.input("in", count_to(100)) | leat::step("dedupe", dedupe) | leat::map([&](int i) {
    seen.push_back(i);
    if (i == 3) throw std::runtime_error("three!");
    return i;
  }) | leat::output("out", into(results));
  leat::options options;
  options.batch_size = 1;
  CHECK_THROWS_AS(leat::run(flow, options), leat::run_error);
  CHECK(std::count(seen.begin(), seen.end(), 3) == 1);
}

TEST_CASE("what a later step has failed of ends the run, though the coroutine caught it") {
  auto const careless = [](leat::inlet<int>& in, leat::outlet<int>& out) -> leat::task<> {
    while (auto batch = co_await in.next())
      for (int i : *batch) {
        try {
          out(i);
        } catch (std::exception const&) {
        }
      }
  };
  std::vector<int> results;
  leat::flow flow("careless");
  flow.input("in", count_to(100)) | leat::step("careless", careless) | leat::map([](int i) {
    if (i == 3) throw std::runtime_error("three!");
    return i;
  }) | leat::output("out", into(results));
  leat::options options;
  options.batch_size = 8;
  CHECK_THROWS_WITH_AS(leat::run(flow, options), doctest::Contains("three!"), leat::run_error);
}

TEST_CASE("a batch stays while the coroutine sleeps; what it emits last comes before the end") {
  std::vector<std::string> seen;
  leat::flow flow("slow");
  flow.input("in", count_to(20)) | leat::step("slow", twice_slowly) | leat::output("out", into(seen));
  leat::test::run(flow).keep("in").finish();
  REQUIRE(seen.size() == 41);
  CHECK(seen.front() == "0");
  CHECK(seen[10] == "0 again");
  CHECK(seen[39] == "19 again");
  CHECK(seen.back() == "the end");
}

TEST_CASE("a coroutine that returns early discards the rest, and the flow goes on to its end") {
  std::vector<int> seen;
  leat::flow flow("three");
  leat::stream numbers = flow.input("in", count_to(1000));
  std::vector<int> others;
  numbers | leat::step("three", first_three) | leat::output("out", into(seen));
  numbers | leat::output("all", into(others));
  leat::run(flow, epoch_per_turn());
  CHECK(seen == up_to(3));
  CHECK(others == up_to(1000));
}

TEST_CASE("it awaits tasks of its own") {
  std::vector<int> seen;
  leat::flow flow("helpers");
  flow.input("in", count_to(100)) | leat::step("helped", with_helpers) | leat::output("out", into(seen));
  leat::run(flow);
  CHECK(seen == up_to(101, 1));
}

TEST_CASE("records that can only be moved pass through") {
  std::vector<int> seen;
  leat::flow flow("pointers");
  flow.input("in", count_to(50)) | leat::map([](int i) { return std::make_unique<int>(i); }) |
      leat::step("pass", passing_pointers) | leat::map([](std::unique_ptr<int> p) { return *p; }) |
      leat::output("out", into(seen));
  leat::run(flow);
  CHECK(seen == up_to(50));
}

TEST_CASE("what was emitted for the records of an epoch comes before the epoch's end") {
  std::vector<int> log;
  leat::flow flow("marks");
  flow.input("in", count_to(30)) | leat::step("helped", with_helpers) | leat::output("out", with_marks(log));
  leat::run(flow, epoch_per_turn());
  std::vector<int> records;
  int since_mark = 0;
  int marks = 0;
  for (int const i : log) {
    if (i == -1) {
      ++marks;
      CHECK(since_mark % 10 == 0);  // the source waits after each ten: no epoch ends in between
      since_mark = 0;
    } else {
      records.push_back(i);
      ++since_mark;
    }
  }
  CHECK(records == up_to(31, 1));
  CHECK(marks >= 3);
  CHECK(log.back() == -1);
}

TEST_CASE("what a coroutine keeps back comes with a later epoch, at the latest before the end") {
  std::vector<int> log;
  leat::flow flow("back");
  flow.input("in", count_to(20)) | leat::step("back", keeps_one_back) | leat::output("out", with_marks(log));
  leat::run(flow, epoch_per_turn());
  REQUIRE(log.size() >= 22);
  CHECK(log[8] == 8);
  CHECK(log[9] == -1);
  CHECK(log[10] == 9);
  CHECK(log[log.size() - 2] == 19);
}

TEST_CASE("marks of several streams meet behind coroutine steps of different speed") {
  std::vector<int> log;
  leat::flow flow("meet");
  leat::stream numbers = flow.input("in", count_to(40));
  numbers | leat::step("slow", with_helpers) | leat::output("slow out", with_marks(log));
  std::vector<int> fast;
  numbers | leat::step("fast", keeps_one_back) | leat::output("fast out", into(fast));
  leat::options options = epoch_per_turn();
  options.batch_size = 3;
  leat::run(flow, options);
  std::erase(log, -1);
  CHECK(log == up_to(41, 1));
  CHECK(fast == up_to(40));
}

TEST_CASE("each worker has its own coroutine") {
  std::mutex mutex;
  std::vector<int> seen;
  leat::flow flow("each");
  auto source = leat::from::generate([](leat::emitter<int>& out) -> leat::task<> {
    out(1);
    co_await leat::next_turn();
    out(1);
  });
  flow.input("in", std::move(source).on_every_worker()) | leat::step("dedupe", dedupe) |
      leat::output("out", leat::to::for_each([&](int i) {
                     std::lock_guard const lock(mutex);
                     seen.push_back(i);
                   }));
  leat::options options;
  options.workers = 3;
  leat::run(flow, options);
  CHECK(seen == std::vector<int>{1, 1, 1});
}

TEST_CASE("a capturing lambda is a coroutine step, copied per worker") {
  std::vector<int> seen;
  std::string const owned = "a string that does not fit into the object itself";
  leat::flow flow("lambda");
  flow.input("in", count_to(5)) |
      leat::step("length",
                 [owned](leat::inlet<int>& in, leat::outlet<int>& out) -> leat::task<> {
                   while (auto batch = co_await in.next())
                     for (int const i : *batch) out(i + static_cast<int>(owned.size()));
                 }) |
      leat::output("out", into(seen));
  leat::run(flow);
  CHECK(seen == up_to(54, 49));
}

TEST_CASE("an exception of the coroutine ends the run and names the step") {
  leat::flow flow("fails");
  flow.input("in", count_to(10)) | leat::step("five", failing_at_five) |
      leat::output("out", leat::to::for_each([](int) {}));
  try {
    leat::run(flow);
    FAIL("the run should have failed");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "fails.five");
    CHECK_THROWS_WITH_AS(std::rethrow_if_nested(e), "five!", std::runtime_error);
  }
}

TEST_CASE("a stop reaches the coroutine as the end of its input") {
  std::stop_source stop;
  std::vector<int> seen;
  leat::flow flow("stopped");
  flow.input("in", leat::from::generate(endless)) | leat::step("back", keeps_one_back) |
      leat::output("out", leat::to::for_each([&](int i) {
                     seen.push_back(i);
                     if (i == 50) stop.request_stop();
                   }));
  leat::options options;
  options.stop = stop.get_token();
  leat::run(flow, options);
  REQUIRE(seen.size() > 50);
  CHECK(seen == up_to(static_cast<int>(seen.size())));
}
