// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>
#include <leat/flow.hpp>
#include <leat/from/generate.hpp>
#include <leat/op/map.hpp>
#include <leat/run/run.hpp>
#include <leat/testing/run.hpp>
#include <leat/to/output.hpp>

#include "fixture/counting.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// What came out, of all workers.
template <class T>
class collected {
 public:
  auto sink() {
    return leat::to::for_each([this](T record) {
      std::lock_guard const lock(mutex_);
      records_.push_back(std::move(record));
    });
  }
  std::vector<T> const& records() const { return records_; }
  std::vector<T> sorted() const {
    auto records = records_;
    std::sort(records.begin(), records.end());
    return records;
  }

 private:
  std::mutex mutex_;
  std::vector<T> records_;
};

leat::options workers(unsigned count) {
  leat::options options;
  options.workers = count;
  return options;
}

leat::task<> ticks(leat::emitter<int>& out) {
  for (int i = 0; i != 4; ++i) {
    out(i);
    co_await leat::sleep(1h);
  }
}

leat::task<> five(leat::emitter<int>& out) {
  for (int i = 0; i != 5; ++i) out(i);
  co_return;
}

leat::task<> many(leat::emitter<int>& out) {
  for (int i = 0; i != 100'000; ++i) {
    out(i);
    if (i % 1000 == 0) co_await leat::next_turn();
  }
}

leat::task<int> remote_number() {
  leat::completion<int> number;
  std::thread other([number] { number.set(40); });
  other.join();
  int const got = co_await number;
  auto work = leat::blocking([] { return 2; });
  int const more = co_await work;
  co_return got + more;
}

leat::task<> one_from_afar(leat::emitter<int>& out) {
  int const number = co_await remote_number();
  out(number);
}

leat::task<> pointers(leat::emitter<std::unique_ptr<int>>& out) {
  for (int i = 0; i != 3; ++i) {
    out(std::make_unique<int>(i));
    co_await leat::next_turn();
  }
}

leat::task<> breaking(leat::emitter<int>& out) {
  out(1);
  co_await leat::sleep(1h);
  throw std::runtime_error("the sensor is gone");
}

leat::task<> waiting_for_ever(leat::emitter<int>& out) {
  leat::completion<> never_completed;
  out(1);
  co_await never_completed;
}

}  // namespace

TEST_CASE("a coroutine is a source: it emits, sleeps, and ends the stream when it returns") {
  for (unsigned const count : {1u, 3u}) {
    collected<int> seen;
    leat::flow flow("ticks");
    flow.input("sensor", leat::from::generate(ticks)) | leat::output("out", seen.sink());
    leat::test::run(flow, {.workers = count}).keep("sensor").finish();
    CHECK(seen.records() == std::vector<int>{0, 1, 2, 3});
  }
}

TEST_CASE("a coroutine that never waits is a source too") {
  collected<int> seen;
  leat::flow flow("five");
  flow.input("in", leat::from::generate(five)) | leat::output("out", seen.sink());
  leat::run(flow);
  CHECK(seen.records() == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("on_every_worker runs the coroutine on each") {
  collected<int> seen;
  leat::flow flow("everywhere");
  flow.input("in", leat::from::generate(five).on_every_worker()) | leat::output("out", seen.sink());
  leat::run(flow, workers(3));
  CHECK(seen.sorted() == std::vector<int>{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4});
}

TEST_CASE("next_turn lets the rest of the flow work in between; nothing is lost") {
  collected<int> seen;
  leat::flow flow("many");
  flow.input("in", leat::from::generate(many)) | leat::map([](int i) { return i + 1; }) |
      leat::output("out", seen.sink());
  auto options = workers(1);
  options.batch_size = 7;
  options.snapshot_interval = 0ns;
  leat::run(flow, options);
  std::vector<int> expected(100'000);
  std::iota(expected.begin(), expected.end(), 1);
  CHECK(seen.records() == expected);
}

TEST_CASE("a source awaits what other threads complete") {
  for (auto const spin : {0ns, 20'000ns}) {
    collected<int> seen;
    leat::flow flow("afar");
    flow.input("in", leat::from::generate(one_from_afar)) | leat::output("out", seen.sink());
    auto options = workers(1);
    options.spin = spin;
    leat::run(flow, options);
    CHECK(seen.records() == std::vector<int>{42});
  }
}

TEST_CASE("a call from another thread wakes a worker that sleeps") {
  collected<int> seen;
  std::vector<std::thread> clients;
  auto asking = [&clients](leat::emitter<int>& out) -> leat::task<> {
    for (int i = 0; i != 20; ++i) {
      leat::completion<int> answer;
      clients.emplace_back([answer, i] { answer.set(i); });
      int const got = co_await answer;
      out(got);
    }
  };
  leat::flow flow("clients");
  flow.input("in", leat::from::generate(asking)) | leat::output("out", seen.sink());
  auto options = workers(1);
  options.spin = 0ns;
  leat::run(flow, options);
  for (std::thread& c : clients) c.join();
  REQUIRE(seen.records().size() == 20);
  CHECK(seen.records().back() == 19);
}

TEST_CASE("records that can only be moved") {
  int sum = 0;
  leat::flow flow("pointers");
  flow.input("in", leat::from::generate(pointers)) |
      leat::output("out", leat::to::for_each([&sum](std::unique_ptr<int> p) { sum += *p + 1; }));
  leat::run(flow);
  CHECK(sum == 6);
}

TEST_CASE("an exception of the coroutine ends the run and names the step") {
  collected<int> seen;
  leat::flow flow("breaking");
  flow.input("sensor", leat::from::generate(breaking)) | leat::output("out", seen.sink());
  try {
    leat::test::run(flow, {.workers = 2}).keep("sensor").finish();
    FAIL("the run should have failed");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "breaking.sensor");
    CHECK(e.worker == 0);
    CHECK(std::string(e.what()).find("the sensor is gone") != std::string::npos);
    CHECK_THROWS_WITH_AS(std::rethrow_if_nested(e), "the sensor is gone", std::runtime_error);
  }
}

TEST_CASE("an exception of a later step passes through the coroutine and keeps its name") {
  leat::flow flow("later");
  flow.input("in", leat::from::generate(ticks)) | leat::map("picky", [](int i) {
    if (i == 2) throw std::runtime_error("not two");
    return i;
  }) | leat::output("out", leat::to::for_each([](int) {}));
  try {
    leat::test::run(flow).keep("in").finish();
    FAIL("the run should have failed");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "later.picky");
  }
}

TEST_CASE("a stop ends a coroutine where it waits, whether it emits for ever or waits for ever") {
  for (auto const source : {leat::test::endless, waiting_for_ever}) {
    std::stop_source stop;
    int seen = 0;
    leat::flow flow("stopped");
    flow.input("in", leat::from::generate(source)) | leat::output("out", leat::to::for_each([&](int) {
                                                                    ++seen;
                                                                    stop.request_stop();
                                                                  }));
    auto options = workers(2);
    options.stop = stop.get_token();
    leat::run(flow, options);
    CHECK(seen >= 1);
  }
}

TEST_CASE("generate: numbers that every record can hold may be emitted as they are") {
  collected<long> longs;
  collected<double> doubles;
  leat::flow flow("f");
  flow.input("longs", leat::from::generate([](leat::emitter<long>& out) -> leat::task<> {
               int const i = 2;
               out(1);
               out(i + 1);
               co_return;
             })) |
      leat::output("to longs", longs.sink());
  flow.input("doubles", leat::from::generate([](leat::emitter<double>& out) -> leat::task<> {
               out(0);
               out(0.5F);
               co_return;
             })) |
      leat::output("to doubles", doubles.sink());
  leat::run(flow, workers(2));
  CHECK(longs.sorted() == std::vector<long>{1, 3});
  CHECK(doubles.sorted() == std::vector<double>{0, 0.5});
  // Arithmetic on short integers gives an int.
  static_assert(!leat::detail::emitting_narrows<short, int>);
  static_assert(leat::detail::emitting_narrows<short, long> && leat::detail::emitting_narrows<bool, int>);
}
