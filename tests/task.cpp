// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>
#include <leat/op/coroutine/task.hpp>
#include <leat/op/waiting.hpp>

#include "fixture/task_bench.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using leat::test::bench;

namespace {

/// Knows how many of it are alive, and notices a second destruction.
class probe {
 public:
  explicit probe(int number) : value(number), self_(this) { ++alive; }
  probe(probe const& other) : value(other.value), self_(this) { ++alive; }
  probe(probe&& other) noexcept : value(other.value), self_(this) { ++alive; }
  probe& operator=(probe const& other) = default;
  ~probe() {
    if (self_ != this) ++destroyed_twice;
    self_ = nullptr;
    --alive;
  }

  int value;
  static inline int alive = 0;
  static inline int destroyed_twice = 0;

 private:
  probe* self_;
};

leat::task<int> seven() { co_return 7; }
leat::task<int> double_of(leat::task<int> inner) { co_return 2 * co_await inner; }
leat::task<int> in_a_loop(int times) {
  int sum = 0;
  for (int i = 0; i != times; ++i) sum += co_await seven() - 6;
  co_return sum;
}
leat::task<int> deep(int levels) {
  if (levels == 0) co_return 0;
  int const below = co_await deep(levels - 1);
  co_return below + 1;
}
leat::task<int> deep_and_asleep(int levels, probe const& held) {
  probe const own_probe(held);
  if (levels == 0) {
    co_await leat::sleep(1s);
    co_return 0;
  }
  int const below = co_await deep_and_asleep(levels - 1, own_probe);
  co_return below + own_probe.value;
}
leat::task<> failing() {
  throw std::runtime_error("the well is dry");
  co_return;
}
leat::task<std::string> caught_text() {
  try {
    co_await failing();
  } catch (std::runtime_error const& e) {
    co_return e.what();
  }
  co_return "nothing";
}

}  // namespace

TEST_CASE("a task starts when it is begun, not before, and gives its value") {
  bool started = false;
  auto body = [](bool& flag) -> leat::task<int> {
    flag = true;
    int const doubled = co_await double_of(seven());
    co_return doubled + 1;
  };
  bench<int> b(body(started));
  CHECK_FALSE(started);
  b.begin();
  CHECK(started);
  REQUIRE(b.root.finished());
  CHECK(b.task->result() == 15);
}

TEST_CASE("a task that is never begun is destroyed with what it was given") {
  probe::alive = 0;
  {
    auto body = [](probe p) -> leat::task<int> { co_return p.value; };
    leat::task<int> const idle = body(probe(1));
    CHECK(probe::alive == 1);
  }
  CHECK(probe::alive == 0);
}

TEST_CASE("two million awaits in a loop, and a chain of fifty thousand, do not grow the stack") {
  bench<int> loop(in_a_loop(2'000'000));
  loop.begin();
  CHECK(loop.task->result() == 2'000'000);
  bench<int> chain(deep(50'000));
  chain.begin();
  CHECK(chain.task->result() == 50'000);
}

TEST_CASE("a chain of fifty thousand that waits is destroyed without growing the stack") {
  probe::alive = 0;
  probe::destroyed_twice = 0;
  {
    probe const first(1);
    bench<int> b(deep_and_asleep(50'000, first));
    b.begin();
    CHECK_FALSE(b.root.finished());
    CHECK(probe::alive == 50'002);
    b.root.cancel();
    CHECK(b.root.finished());
    CHECK(b.next() == leat::detail::never);
  }
  CHECK(probe::alive == 0);
  CHECK(probe::destroyed_twice == 0);
}

TEST_CASE("an exception comes out of the await, and out of the outermost task") {
  bench<std::string> caught(caught_text());
  caught.begin();
  CHECK(caught.task->result() == "the well is dry");
  bench<void> uncaught(failing());
  uncaught.begin();
  CHECK(uncaught.root.finished());
  CHECK_THROWS_WITH_AS(uncaught.task->result(), "the well is dry", std::runtime_error);
}

TEST_CASE("a task can be awaited once") {
  auto twice = []() -> leat::task<int> {
    auto t = seven();
    int const first = co_await t;
    co_return first + co_await t;
  };
  bench<int> b(twice());
  b.begin();
  CHECK_THROWS_AS(b.task->result(), std::logic_error);
}

TEST_CASE("sleep goes on when the worker's clock has come that far") {
  auto body = []() -> leat::task<int> {
    co_await leat::sleep(10ms);
    co_await leat::sleep(5ms);
    co_return 1;
  };
  bench<int> b(body());
  b.begin();
  CHECK(b.next() == b.worker.clock + 10ms);
  b.worker.clock += 9ms;
  CHECK_FALSE(b.serve());
  b.worker.clock += 1ms;
  CHECK(b.serve());
  CHECK_FALSE(b.root.finished());
  CHECK(b.next() == b.worker.clock + 5ms);
  b.worker.clock += 5ms;
  CHECK(b.serve());
  CHECK(b.root.finished());
}

TEST_CASE("a sleep longer than the clock can count does not wrap around") {
  auto body = []() -> leat::task<int> {
    co_await leat::sleep(std::chrono::nanoseconds::max());
    co_return 1;
  };
  bench<int> b(body());
  b.worker.clock += 1h;
  b.begin();
  CHECK(b.next() > b.worker.clock + 24h * 365);
}

TEST_CASE("next_turn goes on once each time the worker comes by") {
  auto body = []() -> leat::task<int> {
    for (int i = 0; i != 3; ++i) co_await leat::next_turn();
    co_return 3;
  };
  bench<int> b(body());
  b.begin();
  int turns = 0;
  while (!b.root.finished()) {
    CHECK(b.serve());
    ++turns;
  }
  CHECK(turns == 3);
}

TEST_CASE("a completion is awaited, whichever comes first, its value or the wait") {
  auto body = [](leat::completion<std::unique_ptr<int>> c) -> leat::task<int> {
    std::unique_ptr<int> const got = co_await c;
    co_return *got;
  };
  SUBCASE("the value") {
    leat::completion<std::unique_ptr<int>> c;
    CHECK(c.set(std::make_unique<int>(5)));
    bench<int> b(body(c));
    b.begin();
    REQUIRE(b.root.finished());
    CHECK(b.task->result() == 5);
    CHECK(b.worker.wakes == 0);
  }
  SUBCASE("the wait") {
    leat::completion<std::unique_ptr<int>> c;
    bench<int> b(body(c));
    b.begin();
    CHECK_FALSE(b.serve());
    std::thread other([&] { c.set(std::make_unique<int>(6)); });
    other.join();
    CHECK(b.worker.wakes == 1);
    CHECK(b.serve());
    REQUIRE(b.root.finished());
    CHECK(b.task->result() == 6);
  }
}

TEST_CASE("the first call of a completion counts; it can be an exception") {
  leat::completion<> done;
  CHECK(done.fail(std::make_exception_ptr(std::runtime_error("refused"))));
  CHECK_FALSE(done.set());
  auto body = [](leat::completion<> c) -> leat::task<> { co_await c; };
  bench<void> b(body(done));
  b.begin();
  CHECK_THROWS_WITH(b.task->result(), "refused");
}

TEST_CASE("a completion may come after the task, or the worker, is gone") {
  leat::completion<int> c;
  {
    auto body = [](leat::completion<int> completion) -> leat::task<int> { co_return co_await completion; };
    bench<int> b(body(c));
    b.begin();
    b.root.cancel();
    b.task.reset();
    SUBCASE("the task") {
      CHECK(c.set(1));
      CHECK_FALSE(b.serve());  // nobody is called any more
      CHECK(b.root.finished());
    }
  }
  SUBCASE("the worker") { CHECK(c.set(1)); }
}

TEST_CASE("blocking work is done elsewhere; its result or exception comes back") {
  auto body = [](bool fails) -> leat::task<std::string> {
    std::string const owned = "a string that does not fit into the object itself";
    auto work = leat::blocking([owned, fails] {
      if (fails) throw std::runtime_error("no such table");
      return owned + "!";
    });
    co_return co_await work;
  };
  for (bool const fails : {false, true}) {
    bench<std::string> b(body(fails));
    b.begin();
    REQUIRE(b.worker.blocked.size() == 1);
    CHECK_FALSE(b.serve());
    std::thread other([&] { b.worker.blocked.front()->run(); });
    other.join();
    CHECK(b.worker.wakes == 1);
    CHECK(b.serve());
    REQUIRE(b.root.finished());
    if (fails)
      CHECK_THROWS_WITH(b.task->result(), "no such table");
    else
      CHECK(b.task->result() == "a string that does not fit into the object itself!");
  }
}

TEST_CASE("blocking work may go on after its task has been destroyed") {
  auto body = []() -> leat::task<> {
    int const number = 3;
    co_await leat::blocking([number] { CHECK(number == 3); });
  };
  std::optional<bench<void>> b(std::in_place, body());
  b->begin();
  auto const work = b->worker.blocked.front();
  CHECK_FALSE(work->abandoned());
  b.reset();
  CHECK(work->abandoned());
  work->run();
}

TEST_CASE("a wait that could not begin is over: what calls it late does not end the next one") {
  int reached = 0;
  leat::completion<> other;
  // No lambda that captures: its coroutine would outlive it.
  struct body {
    static leat::task<> run(int& reached, leat::completion<>& other) {
      try {
        co_await leat::blocking([] {});
      } catch (std::runtime_error const&) {
        ++reached;
      }
      co_await other;
      ++reached;
    }
  };
  bench<void> b(body::run(reached, other));
  b.worker.refuses = true;
  b.begin();
  CHECK(reached == 1);
  b.worker.blocked.front()->run();
  b.serve();
  CHECK(reached == 1);
  CHECK_FALSE(b.root.finished());
  other.set();
  CHECK(b.serve());
  CHECK(reached == 2);
  CHECK(b.root.finished());
}

TEST_CASE("values pass through awaits without being destroyed twice") {
  probe::alive = 0;
  probe::destroyed_twice = 0;
  struct holder {
    probe inside;
    int more;
  };
  auto make = [](probe p) -> leat::task<probe> { co_return p; };
  auto make_aggregate = [](int n) -> leat::task<holder> {
    holder h{probe(n), 1};
    co_return h;
  };
  auto value_of = [](holder const& h) { return h.inside.value; };
  auto body = [&]() -> leat::task<int> {
    int sum = (co_await make(probe(1))).value;
    probe const named = co_await make(probe(2));
    sum += named.value;
    sum += value_of(co_await make_aggregate(4));
    holder const kept = co_await make_aggregate(8);
    sum += kept.inside.value;
    leat::completion<holder> c;
    c.set(holder{probe(16), 1});
    holder const completed = co_await c;
    sum += completed.inside.value;
    co_return sum;
  };
  {
    bench<int> b(body());
    b.begin();
    CHECK(b.task->result() == 31);
  }
  CHECK(probe::alive == 0);
  CHECK(probe::destroyed_twice == 0);
}
