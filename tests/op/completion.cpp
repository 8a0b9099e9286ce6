// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/completion.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/op/waiting.hpp>

#include "fixture/task_bench.hpp"

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using leat::completion;
using leat::test::bench;

namespace {

std::exception_ptr failure(char const* reason) { return std::make_exception_ptr(std::runtime_error(reason)); }

leat::task<int> awaits(completion<int> c) { co_return co_await c; }

/// Awaits it again after the first time.
leat::task<int> awaits_twice(completion<int> c) {
  int const first = co_await c;
  co_return first + co_await c;
}

/// Cannot be copied, and is another number once it was moved from.
struct moving {
  explicit moving(int n) : number(n) {}
  moving(moving&& other) noexcept : number(std::exchange(other.number, -1)) {}
  int number;
};

}  // namespace

TEST_CASE("only what the value can be made of completes a completion, and only one of nothing is completed without") {
  auto const settable = []<class C, class X>(C const& c, X&& x) { return requires { c.set(std::forward<X>(x)); }; };
  auto const settable_alone = []<class C>(C const& c) { return requires { c.set(); }; };
  CHECK(settable(completion<std::string>(), "a text"));
  CHECK_FALSE(settable(completion<std::string>(), std::vector<int>()));
  CHECK_FALSE(settable_alone(completion<int>()));
  CHECK(settable_alone(completion<>()));
  CHECK_FALSE(settable(completion<>(), 1));
}

TEST_CASE("the first call of a completion counts, the later ones say that they came too late") {
  completion<int> c;
  SUBCASE("a value") {
    CHECK(c.set(1));
    CHECK_FALSE(c.set(2));
    CHECK_FALSE(c.fail(failure("late")));
    bench<int> b(awaits(c));
    b.begin();
    REQUIRE(b.root.finished());
    CHECK(b.task->result() == 1);
  }
  SUBCASE("a failure") {
    CHECK(c.fail(failure("early")));
    CHECK_FALSE(c.set(2));
    CHECK_FALSE(c.fail(failure("late")));
    bench<int> b(awaits(c));
    b.begin();
    CHECK_THROWS_WITH(b.task->result(), "early");
  }
}

TEST_CASE("copies of a completion stand for the same thing, those of another do not") {
  completion<int> c;
  completion<int> const copy = c;
  completion<int> const other;
  bench<int> b(awaits(c));
  b.begin();
  CHECK(other.set(3));
  CHECK_FALSE(b.serve());
  CHECK(copy.set(4));
  CHECK_FALSE(c.set(5));
  CHECK(b.serve());
  CHECK(b.task->result() == 4);
}

TEST_CASE("a value that can only be moved is moved to who awaits it, and is there once") {
  completion<moving> c;
  auto body = [](completion<moving> completion) -> leat::task<int> {
    moving const got = co_await completion;
    co_return got.number;
  };
  CHECK(c.set(moving(8)));
  bench<int> b(body(c));
  b.begin();
  CHECK(b.task->result() == 8);
  bench<int> second(body(c));
  second.begin();
  CHECK_THROWS_WITH(second.task->result(), "leat: the value of a completion has been taken already");
}

TEST_CASE("a task that awaits a value again is told that it has been taken; one of nothing may be awaited again") {
  completion<int> c;
  CHECK(c.set(2));
  bench<int> b(awaits_twice(c));
  b.begin();
  REQUIRE(b.root.finished());
  CHECK_THROWS_AS(b.task->result(), std::logic_error);

  completion<> happened;
  CHECK(happened.set());
  auto body = [](completion<> completion) -> leat::task<> {
    co_await completion;
    co_await completion;
  };
  bench<void> again(body(happened));
  again.begin();
  REQUIRE(again.root.finished());
  CHECK_NOTHROW(again.task->result());
}

TEST_CASE("a failure is thrown in whoever awaits it, as often as that is") {
  completion<int> c;
  CHECK(c.fail(failure("no such place")));
  for (int i = 0; i != 2; ++i) {
    bench<int> b(awaits(c));
    b.begin();
    CHECK_THROWS_WITH_AS(b.task->result(), "no such place", std::runtime_error);
  }
}

TEST_CASE("a second task that awaits while another does is refused, and the first is served") {
  completion<int> c;
  bench<int> first(awaits(c));
  first.begin();
  bench<int> second(awaits(c));
  second.begin();
  REQUIRE(second.root.finished());
  CHECK_THROWS_WITH(second.task->result(), "leat: two tasks await the same completion");
  CHECK(c.set(6));
  CHECK(first.serve());
  CHECK(first.task->result() == 6);
}

TEST_CASE("what a task awaited that was given up can be awaited by the next one") {
  completion<int> c;
  std::optional<bench<int>> given_up(std::in_place, awaits(c));
  given_up->begin();
  SUBCASE("the task was destroyed") {
    given_up->root.cancel();
    given_up->task.reset();
  }
  SUBCASE("what it runs under, too") { given_up.reset(); }
  bench<int> next(awaits(c));
  next.begin();
  REQUIRE_FALSE(next.root.finished());
  CHECK(c.set(7));
  CHECK(next.serve());
  REQUIRE(next.root.finished());
  CHECK(next.task->result() == 7);
}

TEST_CASE("whoever is refused does not take the place of the one that waits") {
  completion<int> c;
  bench<int> first(awaits(c));
  first.begin();
  {
    bench<int> second(awaits(c));
    second.begin();
    CHECK_THROWS_AS(second.task->result(), std::logic_error);
  }
  bench<int> third(awaits(c));
  third.begin();
  CHECK_THROWS_AS(third.task->result(), std::logic_error);
  CHECK(c.set(6));
  CHECK(first.serve());
  CHECK(first.task->result() == 6);
}

TEST_CASE("a completion may be destroyed while a task awaits it") {
  auto body = [](std::unique_ptr<completion<int>>& c) -> leat::task<int> { co_return co_await *c; };
  auto c = std::make_unique<completion<int>>();
  SUBCASE("and a copy completes it") {
    completion<int> const copy = *c;
    bench<int> b(body(c));
    b.begin();
    c.reset();
    CHECK(copy.set(3));
    CHECK(b.serve());
    CHECK(b.task->result() == 3);
  }
  SUBCASE("and nobody does") {
    bench<int> b(body(c));
    b.begin();
    c.reset();
    b.root.cancel();
    b.task.reset();
  }
}

TEST_CASE("who has been served no longer stands in the way of the completion, nor of another's wait") {
  completion<> first;
  completion<> second;
  auto body = [](completion<> a, completion<> b) -> leat::task<> {
    co_await a;
    co_await b;
  };
  bench<void> b(body(first, second));
  b.begin();
  CHECK(first.set());
  CHECK(b.serve());
  REQUIRE_FALSE(b.root.finished());
  CHECK_FALSE(first.set());
  CHECK_FALSE(b.serve());
  CHECK(second.set());
  CHECK(b.serve());
  CHECK(b.root.finished());
}

TEST_CASE("of many threads that complete it one is the first, and its value is what arrives") {
  for (int round = 0; round != 50; ++round) {
    completion<int> c;
    bench<int> b(awaits(c));
    b.begin();
    std::atomic<int> winner{-1};
    std::atomic<int> winners{0};
    std::vector<std::thread> threads;
    for (int i = 0; i != 4; ++i)
      threads.emplace_back([&, i] {
        bool const counted = i % 2 == 0 ? c.set(i) : c.fail(failure("odd"));
        if (!counted) return;
        winner = i;
        ++winners;
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(winners == 1);
    CHECK(b.worker.wakes == 1);
    REQUIRE(b.serve());
    REQUIRE(b.root.finished());
    if (winner % 2 == 0)
      CHECK(b.task->result() == winner);
    else
      CHECK_THROWS_WITH(b.task->result(), "odd");
  }
}

TEST_CASE("it may be completed by another thread while a task begins to await it: the task goes on all the same") {
  for (int round = 0; round != 200; ++round) {
    completion<int> c;
    bench<int> b(awaits(c));
    std::thread other([c, round] { c.set(round); });
    b.begin();
    other.join();
    if (!b.root.finished()) CHECK(b.serve());
    REQUIRE(b.root.finished());
    CHECK(b.task->result() == round);
  }
}

TEST_CASE("it may be completed by another thread while its task is given up") {
  for (int round = 0; round != 200; ++round) {
    completion<int> c;
    std::optional<bench<int>> b(std::in_place, awaits(c));
    b->begin();
    std::thread other([c] { c.set(1); });
    b.reset();
    other.join();
    CHECK_FALSE(c.set(2));
  }
}
