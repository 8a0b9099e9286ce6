// SPDX-License-Identifier: BSL-1.0
#include <leat/run/signals.hpp>

#include <leat/from/source.hpp>
#include <leat/op/map.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/run.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include "child.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

/// Emits for ever.
class endless {
 public:
  using record = int;
  struct partition {
    bool next_batch(leat::emitter<int>& out) {
      out(1);
      return true;
    }
  };
  partition build(leat::step_services const&) const { return {}; }
};

/// Waits until it is told to go on, without a clock.
class gate {
 public:
  void open() {
    open_.store(true, std::memory_order_release);
    open_.notify_all();
  }
  void wait() const { open_.wait(false, std::memory_order_acquire); }

 private:
  std::atomic<bool> open_{false};
};

void (*handler_of(int number))(int) {
  struct sigaction now{};
  ::sigaction(number, nullptr, &now);
  return now.sa_handler;
}

void handler_of_the_program(int) {}

/// Says `ready` once records flow.
void describe(leat::flow& flow, char const* ready) {
  flow.input("in", endless()) | leat::output("out", leat::to::for_each([ready, told = false](int) mutable {
                                               if (told) return;
                                               told = true;
                                               std::fputs(ready, stdout);
                                               std::fflush(stdout);
                                             }));
}

leat::options with_signals(unsigned workers = 1) {
  leat::options options;
  options.workers = workers;
  options.stop_on_signals = true;
  return options;
}

}  // namespace

TEST_CASE("signals: whoever listens is told, once each, and the old handlers come back") {
  auto* const before_interrupt = std::signal(SIGINT, &handler_of_the_program);
  auto* const before = std::signal(SIGTERM, &handler_of_the_program);
  for (int const number : {SIGINT, SIGTERM}) {
    gate first;
    gate second;
    {
      leat::detail::on_stop_signal const listener([&first] { first.open(); });
      CHECK((handler_of(SIGTERM) != &handler_of_the_program));
      CHECK((handler_of(SIGINT) == handler_of(SIGTERM)));
      leat::detail::on_stop_signal const two([&second] { second.open(); });
      std::raise(number);
      first.wait();
      second.wait();
    }
    CHECK((handler_of(SIGTERM) == &handler_of_the_program));
    CHECK((handler_of(SIGINT) == &handler_of_the_program));
  }
  std::signal(SIGINT, before_interrupt);
  std::signal(SIGTERM, before);
}

TEST_CASE("signals: a handler that the program sets while a run goes on stays its own") {
  auto* const before_interrupt = std::signal(SIGINT, SIG_DFL);
  auto* const before = std::signal(SIGTERM, SIG_IGN);
  {
    leat::detail::on_stop_signal const listening([] {});
    for (int const number : {SIGINT, SIGTERM}) std::signal(number, &handler_of_the_program);
  }
  for (int const number : {SIGINT, SIGTERM}) CHECK((handler_of(number) == &handler_of_the_program));
  std::signal(SIGINT, before_interrupt);
  std::signal(SIGTERM, before);
}

TEST_CASE("signals: one that came is also for who begins to listen before all have left, and for nobody after") {
  gate first;
  std::optional<leat::detail::on_stop_signal> early(std::in_place, [&first] { first.open(); });
  std::raise(SIGINT);
  first.wait();
  bool late_was_told = false;
  {
    leat::detail::on_stop_signal const late([&late_was_told] { late_was_told = true; });
    CHECK(late_was_told);
  }
  early.reset();
  bool next_was_told = false;
  {
    leat::detail::on_stop_signal const next([&next_was_told] { next_was_told = true; });
  }
  CHECK(!next_was_told);
}

TEST_CASE("signals: listeners come and go on many threads") {
  auto* const before = handler_of(SIGINT);
  std::atomic<int> told{0};
  std::vector<std::thread> threads;
  for (int i = 0; i != 4; ++i)
    threads.emplace_back([&told] {
      for (int n = 0; n != 200; ++n) leat::detail::on_stop_signal const listener([&told] { ++told; });
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(told.load() == 0);
  CHECK((handler_of(SIGINT) == before));
}

TEST_CASE("signals: the first ends a run in order") {
  for (int const number : {SIGINT, SIGTERM}) {
    child process([] {
      leat::flow flow("endless");
      describe(flow, "ready\n");
      leat::run(flow, with_signals(2));
      std::puts("returned");
      return 7;
    });
    REQUIRE(process.says("ready"));
    process.send(number);
    CHECK(process.ends() == 7);
    CHECK(process.out.ends_with("returned\n"));
  }
}

TEST_CASE("signals: the second one ends the process at once, with 128 + its number") {
  for (int const number : {SIGINT, SIGTERM}) {
    child process([] {
      leat::flow flow("stuck");
      flow.input("in", endless()) | leat::output("out", leat::to::for_each([](int) {
                                                   std::puts("stuck");
                                                   std::fflush(stdout);
                                                   for (;;) ::pause();
                                                 }));
      leat::run(flow, with_signals());
      return 7;
    });
    REQUIRE(process.says("stuck"));
    process.send(number);
    // Two of a kind that are both pending are one, so it is sent until it has been seen twice.
    CHECK(process.ends_when([&] { process.send(number); }) == 128 + number);
  }
}

TEST_CASE("signals: while a function does not return, a line says which worker and step the stop waits for") {
  for (unsigned const workers : {1u, 2u}) {
    CAPTURE(workers);
    std::array<int, 2> release{};
    REQUIRE(::pipe(release.data()) == 0);
    {
      child process([&] {
        ::dup2(STDOUT_FILENO, STDERR_FILENO);
        leat::flow flow("slow");
        auto const wait = [&, told = false](int n) mutable {
          if (std::exchange(told, true)) return n;
          std::puts("it waits");
          std::fflush(stdout);
          char go = 0;
          while (::read(release[0], &go, 1) != 1) {
          }
          return n;
        };
        leat::stream numbers = flow.input("in", endless());
        numbers | leat::map("wait", wait) | leat::output("out", leat::to::for_each([](int) {}));
        numbers | leat::redistribute("far") | leat::output("elsewhere", leat::to::for_each([](int) {}));
        leat::options options = with_signals(workers);
        options.suspect_after = std::chrono::milliseconds(100);
        leat::run(flow, options);
        return 7;
      });
      for (unsigned i = 0; i != workers; ++i) {
        REQUIRE(process.says("it waits"));
        process.out.erase(0, process.out.find("it waits") + 1);
      }
      process.send(SIGTERM);
      for (unsigned i = 0; i != workers; ++i) {
        REQUIRE(process.says("leat: the stop that was asked for waits for worker " + std::to_string(i) +
                             ": a function has not returned for 0.1 s, of one of these steps: \"slow.in\" (input, "));
        REQUIRE(process.says(", \"slow.wait\" (map, "));
        REQUIRE(process.says(", \"slow.out\" (output, "));
        REQUIRE(process.says("); a second signal ends the process at once\n"));
        CHECK(process.out.find("slow.elsewhere") == std::string::npos);
      }
      REQUIRE(::write(release[1], "..", workers) == static_cast<ssize_t>(workers));
      CHECK(process.ends() == 7);
    }
    ::close(release[0]);
    ::close(release[1]);
  }
}

TEST_CASE(
    "signals: behind an exchange a slow stop names no step before it, and a signal only where signals stop the run") {
  std::array<int, 2> release{};
  REQUIRE(::pipe(release.data()) == 0);
  {
    child process([&] {
      ::dup2(STDOUT_FILENO, STDERR_FILENO);
      leat::options options;
      options.suspect_after = std::chrono::milliseconds(100);
      std::stop_source stop;
      options.stop = stop.get_token();
      leat::flow flow("slow");
      flow.input("in", endless()) | leat::redistribute("far") |
          leat::output("out", leat::to::for_each([&, told = false](int) mutable {
                         if (std::exchange(told, true)) return;
                         stop.request_stop();
                         char go = 0;
                         while (::read(release[0], &go, 1) != 1) {
                         }
                       }));
      leat::run(flow, options);
      return 7;
    });
    REQUIRE(process.says("waits for worker 0: a function has not returned for 0.1 s, of step \"slow.out\" (output, "));
    REQUIRE(process.says(")\n"));
    CHECK(process.out.find("slow.in") == std::string::npos);
    CHECK(process.out.find("signal ends") == std::string::npos);
    REQUIRE(::write(release[1], ".", 1) == 1);
    CHECK(process.ends() == 7);
  }
  ::close(release[0]);
  ::close(release[1]);
}

TEST_CASE("signals: what comes within a second of the first is the first, and what a launcher passes on is no other") {
  child process([] {
    leat::detail::on_stop_signal const listening([] {});
    std::raise(SIGTERM);
    std::raise(SIGTERM);
    std::raise(SIGINT);
    std::puts("goes on");
    std::fflush(stdout);
    auto const until = std::chrono::steady_clock::now() + std::chrono::milliseconds(1100);
    while (std::chrono::steady_clock::now() < until) leat::detail::stop_signals::pass_on(::getpid(), SIGTERM);
    std::puts("and on");
    std::fflush(stdout);
    std::raise(SIGTERM);
    return 7;
  });
  CHECK(process.ends() == 128 + SIGTERM);
  CHECK(process.out == "goes on\nand on\n");
}

TEST_CASE("signals: the first one, come again within the second, does not kill a program whose run it has stopped") {
  child process([] {
    for (int run = 0; run != 2; ++run) {
      gate told;
      {
        leat::detail::on_stop_signal const listening([&told] { told.open(); });
        std::raise(SIGTERM);
        told.wait();
      }
      std::raise(SIGTERM);
      std::raise(SIGINT);
    }
    return 7;
  });
  CHECK(process.ends() == 7);
}

TEST_CASE("signals: a run that none has stopped leaves the default action behind") {
  child process([] {
    {
      leat::detail::on_stop_signal const listening([] {});
    }
    std::raise(SIGTERM);
    return 7;
  });
  CHECK(process.ends() == 1000 + SIGTERM);
}

TEST_CASE("signals: one that is ignored when a run begins stays ignored") {
  for (auto const& [ignored, other] : {std::pair(SIGINT, SIGTERM), std::pair(SIGTERM, SIGINT)}) {
    child process([number = ignored] {
      std::signal(number, SIG_IGN);
      leat::flow flow("endless");
      describe(flow, "ready\n");
      leat::run(flow, with_signals());
      std::puts(handler_of(number) == SIG_IGN ? "ignored" : "not ignored");
      return 7;
    });
    REQUIRE(process.says("ready"));
    process.send(ignored);
    process.send(ignored);
    process.send(other);
    CHECK(process.ends() == 7);
    CHECK(process.out.ends_with("ignored\n"));
    CHECK(!process.out.ends_with("not ignored\n"));
  }
}

TEST_CASE("signals: two runs at once both stop") {
  child process([] {
    leat::flow first("first");
    describe(first, "first is ready\n");
    leat::flow second("second");
    describe(second, "second is ready\n");
    std::thread other([&second] { leat::run(second, with_signals()); });
    leat::run(first, with_signals());
    other.join();
    return 7;
  });
  REQUIRE(process.says("first is ready"));
  REQUIRE(process.says("second is ready"));
  process.send(SIGTERM);
  CHECK(process.ends() == 7);
}

TEST_CASE("signals: a run that does not ask leaves them alone") {
  child process([] {
    leat::flow flow("endless");
    describe(flow, "ready\n");
    leat::run(flow);
    return 7;
  });
  REQUIRE(process.says("ready"));
  process.send(SIGTERM);
  CHECK(process.ends() == 1000 + SIGTERM);
}
