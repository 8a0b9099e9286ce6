// SPDX-License-Identifier: BSL-1.0
#include <leat/run/threads/threads.hpp>

#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/from/source.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/inspect.hpp>
#include <leat/op/waiting.hpp>
#include <leat/run/run.hpp>
#include <leat/run/threads/blocking_pool.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "child.hpp"
#include "sanitizers.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using leat::detail::blocking_pool;
using namespace std::chrono_literals;

/// From here on the process cannot make a thread: there is no memory for a stack of 64 TiB.
void allow_no_thread() {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, std::size_t{1} << 46);
  ::pthread_setattr_default_np(&attributes);
}

/// From here on the process cannot open a descriptor.
void allow_no_descriptor() {
  int const lowest = ::dup(STDIN_FILENO);
  ::close(lowest);
  rlimit const limit{static_cast<rlim_t>(lowest), static_cast<rlim_t>(lowest)};
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// A source that waits for a descriptor that is never readable, where there cannot be another descriptor.
class waits_without_descriptors {
 public:
  using record = int;

  class partition {
   public:
    explicit partition(leat::step_services const& services) : services_(services) {}
    bool next_batch(leat::emitter<int>&) {
      std::array<int, 2> pipe{};
      if (::pipe(pipe.data()) != 0) throw std::logic_error("the test cannot make its own pipe");
      allow_no_descriptor();
      services_.wake_when_readable(pipe[0]);
      return true;
    }

   private:
    leat::step_services services_;
  };
  partition build(leat::step_services const& services) const { return partition(services); }
};

/// A worker that has nothing to do and waits for a descriptor, as those of a cluster do, until it is failed.
class waits_for_a_descriptor final : public leat::detail::runnable {
 public:
  explicit waits_for_a_descriptor(int descriptor) : descriptor_(descriptor), body_(idle(*this)) {}

  leat::detail::worker_coroutine& body() override { return body_; }
  void fail(std::exception_ptr cause) override { failure = std::move(cause); }
  leat::steady_time wake_at() override { return leat::detail::never; }
  void add_awaited(std::vector<leat::detail::awaited>& awaited) override { awaited.push_back({descriptor_, false}); }

  std::exception_ptr failure;

 private:
  static leat::detail::worker_coroutine idle(waits_for_a_descriptor& self) {
    while (!self.failure) co_yield false;
  }

  int descriptor_;
  leat::detail::worker_coroutine body_;
};

/// A worker that waits for a descriptor, and wants a turn at once, so many times.
class wants_turns final : public leat::detail::runnable {
 public:
  wants_turns(int descriptor, int turns) : descriptor_(descriptor), body_(take(turns)) {}

  leat::detail::worker_coroutine& body() override { return body_; }
  void fail(std::exception_ptr) override {}
  leat::steady_time wake_at() override { return (leat::steady_time::min)(); }
  void add_awaited(std::vector<leat::detail::awaited>& awaited) override { awaited.push_back({descriptor_, false}); }

 private:
  static leat::detail::worker_coroutine take(int turns) {
    for (; turns != 0; --turns) co_yield false;
  }

  int descriptor_;
  leat::detail::worker_coroutine body_;
};

class event {
 public:
  void happen() {
    happened_.store(true);
    happened_.notify_all();
  }
  void wait() const { happened_.wait(false); }
  bool happened() const { return happened_.load(); }

 private:
  std::atomic<bool> happened_{false};
};

class call final : public leat::detail::blocking_work {
 public:
  explicit call(std::function<void()> work, std::function<void()> at_the_end = {})
      : work_(std::move(work)), at_the_end_(std::move(at_the_end)) {}
  ~call() override {
    if (at_the_end_) at_the_end_();
  }
  void run() noexcept override { work_(); }

 private:
  std::function<void()> work_;
  std::function<void()> at_the_end_;
};

leat::task<int> by_another_thread(int i) {
  auto work = leat::blocking([i] { return i; });
  co_return co_await work;
}

/// Runs it, and prints the step that failed and the message.
void print_failure_of(leat::flow const& flow) {
  try {
    leat::run(flow);
  } catch (leat::run_error const& failure) {
    std::puts(failure.step.c_str());
    std::puts(failure.what());
  }
}

}  // namespace

TEST_CASE("threads: a run that cannot have its threads fails, and nothing has been done") {
  if (std::thread::hardware_concurrency() < 2) return;
  child process([] {
    allow_no_thread();
    std::vector<int> seen;
    leat::flow flow("threads");
    flow.input("in", leat::from::range(1000)) | leat::output("out", leat::to::collect(seen));
    try {
      leat::run(flow, {.workers = std::thread::hardware_concurrency()});
    } catch (leat::run_error const& failure) {
      std::puts(failure.what());
    }
    return seen.empty() ? 7 : 8;
  });
  CHECK(process.ends() == 7);
  std::string const wanted =
      "cannot start a thread (1 of " + std::to_string(std::thread::hardware_concurrency()) + " run): ";
  CHECK(process.out.starts_with(wanted));
}

TEST_CASE("threads: without one for signals, or for blocking work, the run fails too") {
  child with_signals([] {
    allow_no_thread();
    std::vector<int> seen;
    leat::flow flow("threads");
    flow.input("in", leat::from::range(1000)) | leat::output("out", leat::to::collect(seen));
    leat::options options;
    options.stop_on_signals = true;
    try {
      leat::run(flow, options);
    } catch (std::runtime_error const& failure) {
      std::puts(failure.what());
    }
    return 7;
  });
  CHECK(with_signals.ends() == 7);
  CHECK(with_signals.out.starts_with("cannot start a thread: "));
  child with_work([] {
    allow_no_thread();
    std::vector<int> seen;
    leat::flow flow("threads");
    flow.input("in", leat::from::range(1000)) | leat::async_map("ask", by_another_thread) |
        leat::output("out", leat::to::collect(seen));
    print_failure_of(flow);
    return 7;
  });
  CHECK(with_work.ends() == 7);
  CHECK(with_work.out.starts_with("threads.ask\n"));
  CHECK(with_work.out.find("cannot start a thread: ") != std::string::npos);
}

TEST_CASE(
    "threads: without a descriptor for the pipe that waiting for input needs, the run fails by the step that waits") {
  if (sanitizers::undefined_behavior) {
    MESSAGE("skipped: the undefined behaviour sanitizer needs descriptors where this test leaves none");
    return;
  }
  child process([] {
    leat::flow flow("threads");
    flow.input("in", waits_without_descriptors()) | leat::inspect([](int) {});
    print_failure_of(flow);
    return 7;
  });
  CHECK(process.ends() == 7);
  CHECK(process.out.starts_with("threads.in\n"));
  CHECK(process.out.find("cannot make the pipe that waiting for input needs: Too many open files") !=
        std::string::npos);
}

TEST_CASE("threads: without a descriptor to wake a sleeping worker by, the worker fails and the run ends") {
  if (sanitizers::undefined_behavior) {
    MESSAGE("skipped: the undefined behaviour sanitizer needs descriptors where this test leaves none");
    return;
  }
  child process([] {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) return 8;
    allow_no_descriptor();
    waits_for_a_descriptor worker(pipe[0]);
    leat::detail::thread_runtime runtime(0ns);
    runtime.drive({&worker});
    try {
      std::rethrow_exception(worker.failure);
    } catch (leat::run_error const& failure) {
      std::puts(failure.what());
    }
    return 7;
  });
  CHECK(process.ends() == 7);
  CHECK(process.out == "cannot make the descriptor that a sleeping worker is woken by: Too many open files\n");
}

TEST_CASE("threads: who waits for a descriptor and wants a turn at once does not sleep") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  wants_turns worker(pipe[0], 50);
  leat::detail::thread_runtime runtime(0ns);
  runtime.drive({&worker});
  CHECK(worker.body().done());
  for (int const descriptor : pipe) ::close(descriptor);
}

TEST_CASE("blocking pool: what was abandoned before it began is not done") {
  blocking_pool pool(1);
  event go_on;
  event last;
  std::atomic<bool> done = false;
  auto const first = std::make_shared<call>([&] { go_on.wait(); });
  auto const second = std::make_shared<call>([&] { done = true; });
  pool.run(first);
  pool.run(second);
  second->abandon();
  pool.run(std::make_shared<call>([&] { last.happen(); }));
  go_on.happen();
  last.wait();
  CHECK_FALSE(done);
}

TEST_CASE("blocking pool: a call that was abandoned while it runs keeps its thread, and others have one in its place") {
  event go_on;
  {
    blocking_pool pool(1);
    event begun;
    event other;
    auto const stuck = std::make_shared<call>([&] {
      begun.happen();
      go_on.wait();
    });
    pool.run(stuck);
    begun.wait();
    SUBCASE("what queues when it is abandoned") {
      pool.run(std::make_shared<call>([&] { other.happen(); }));
      CHECK_FALSE(other.happened());
      stuck->abandon();
      other.wait();
    }
    SUBCASE("what comes later") {
      stuck->abandon();
      pool.run(std::make_shared<call>([&] { other.happen(); }));
      other.wait();
    }
    go_on.happen();
    CHECK(pool.close(60s) == 0);
  }
}

TEST_CASE("blocking pool: at its end it does not wait for ever, and what is left behind may return when it has gone") {
  auto const go_on = std::make_shared<event>();
  auto const returned = std::make_shared<event>();
  std::optional<blocking_pool> pool(std::in_place, 2);
  event begun;
  pool->run(std::make_shared<call>(
      [&begun, go_on] {
        begun.happen();
        go_on->wait();
      },
      [returned] { returned->happen(); }));
  begun.wait();
  CHECK(pool->close(1ms) == 1);
  pool.reset();
  go_on->happen();
  returned->wait();
}

TEST_CASE("blocking pool: what a call owns is destroyed where it may use the pool") {
  blocking_pool pool(1);
  event second;
  event begun;
  event go_on;
  pool.run(std::make_shared<call>([] {}, [&] { pool.run(std::make_shared<call>([&] { second.happen(); })); }));
  second.wait();
  pool.run(std::make_shared<call>([&] {
    begun.happen();
    go_on.wait();
  }));
  begun.wait();
  bool refused = false;
  pool.run(std::make_shared<call>([] {},
                                  [&] {
                                    pool.run(std::make_shared<call>([] {}));  // it is closing: that is not done
                                    refused = true;
                                    go_on.happen();
                                  }));
  pool.close(60s);
  CHECK(refused);
}
