// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/run/threads/readiness.hpp>

#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

using leat::detail::readiness;

namespace {

/// A pipe whose ends are closed with it.
class piped {
 public:
  piped() { REQUIRE(::pipe(ends_.data()) == 0); }
  piped(piped const&) = delete;
  piped& operator=(piped const&) = delete;
  ~piped() {
    hang_up();
    ::close(ends_[0]);
  }

  int reader() const { return ends_[0]; }
  void write() const { REQUIRE(::write(ends_[1], "x", 1) == 1); }
  void read() const {
    char byte = 0;
    REQUIRE(::read(ends_[0], &byte, 1) == 1);
  }
  void hang_up() {
    if (ends_[1] != -1) ::close(std::exchange(ends_[1], -1));
  }

 private:
  std::array<int, 2> ends_{};
};

/// How often something fired, and on which thread.
class fired {
 public:
  void operator()() {
    std::lock_guard const lock(mutex_);
    ++times_;
    caller_ = std::this_thread::get_id();
    changed_.notify_all();
  }
  void wait_for(int times) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return times_ >= times; });
  }
  int times() {
    std::lock_guard const lock(mutex_);
    return times_;
  }
  std::thread::id caller() {
    std::lock_guard const lock(mutex_);
    return caller_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int times_ = 0;
  std::thread::id caller_;
};

/// All that was ready has fired when a pipe that is watched after it has.
void pass_a_round(readiness& of) {
  piped round;
  fired over;
  round.write();
  of.watch(round.reader(), &round, [&] { over(); });
  over.wait_for(1);
}

int const one_reader = 1;
int const another_reader = 2;

}  // namespace

TEST_CASE("a watch fires on another thread once there is something to read, not before") {
  piped in;
  fired ready;
  readiness of;
  of.watch(in.reader(), &one_reader, [&] { ready(); });
  pass_a_round(of);
  CHECK(ready.times() == 0);
  in.write();
  ready.wait_for(1);
  CHECK(ready.caller() != std::this_thread::get_id());
}

TEST_CASE("a watch of what is there already fires") {
  piped in;
  fired ready;
  readiness of;
  in.write();
  of.watch(in.reader(), &one_reader, [&] { ready(); });
  ready.wait_for(1);
  CHECK(ready.times() == 1);
}

TEST_CASE("a watch fires once, though nobody reads, and again when it is asked for again") {
  piped in;
  fired ready;
  readiness of;
  in.write();
  of.watch(in.reader(), &one_reader, [&] { ready(); });
  ready.wait_for(1);
  pass_a_round(of);
  CHECK(ready.times() == 1);
  of.watch(in.reader(), &one_reader, [&] { ready(); });
  ready.wait_for(2);
  CHECK(ready.times() == 2);
}

TEST_CASE("the end of the input is something to read, and so is a descriptor that is none") {
  fired ready;
  readiness of;
  SUBCASE("the end") {
    piped in;
    of.watch(in.reader(), &one_reader, [&] { ready(); });
    in.hang_up();
    ready.wait_for(1);
  }
  SUBCASE("no descriptor") {
    std::optional<piped> gone(std::in_place);
    int const descriptor = gone->reader();
    gone.reset();
    of.watch(descriptor, &one_reader, [&] { ready(); });
    ready.wait_for(1);
  }
  CHECK(ready.times() == 1);
}

TEST_CASE("the same reader watches a descriptor once, another reader of it for itself") {
  piped in;
  fired first;
  fired second;
  fired others;
  readiness of;
  of.watch(in.reader(), &one_reader, [&] { first(); });
  of.watch(in.reader(), &one_reader, [&] { second(); });
  of.watch(in.reader(), &another_reader, [&] { others(); });
  in.write();
  first.wait_for(1);
  others.wait_for(1);
  pass_a_round(of);
  CHECK(first.times() == 1);
  CHECK(second.times() == 0);
  CHECK(others.times() == 1);
}

TEST_CASE("of several descriptors those fire that can be read") {
  constexpr std::size_t count = 20;
  std::vector<std::unique_ptr<piped>> pipes;
  std::vector<fired> ready(count);
  readiness of;
  for (std::size_t i = 0; i != count; ++i) {
    pipes.push_back(std::make_unique<piped>());
    of.watch(pipes[i]->reader(), &one_reader, [&ready, i] { ready[i](); });
  }
  for (std::size_t i = 1; i < count; i += 3) pipes[i]->write();
  for (std::size_t i = 1; i < count; i += 3) ready[i].wait_for(1);
  pass_a_round(of);
  for (std::size_t i = 0; i != count; ++i) CHECK(ready[i].times() == (i % 3 == 1 ? 1 : 0));
  for (std::size_t i = 0; i != count; ++i)
    if (i % 3 != 1) pipes[i]->write();
  for (std::size_t i = 0; i != count; ++i) ready[i].wait_for(1);
}

TEST_CASE("what fires may watch again") {
  piped in;
  fired ready;
  readiness of;
  struct chain {
    readiness& of;
    piped& in;
    fired& ready;
    void watch() {
      of.watch(in.reader(), this, [this] {
        in.read();
        if (ready.times() != 9) watch();
        ready();
      });
    }
  };
  chain ring_of_pipes{of, in, ready};
  ring_of_pipes.watch();
  for (int i = 1; i <= 10; ++i) {
    in.write();
    ready.wait_for(i);
  }
  CHECK(ready.times() == 10);
}

TEST_CASE("several threads watch at the same time") {
  constexpr int rounds = 50;
  readiness of;
  std::vector<std::thread> threads;
  std::atomic<int> served{0};
  for (int i = 0; i != 4; ++i)
    threads.emplace_back([&] {
      piped pipe;
      fired ready;
      for (int n = 1; n <= rounds; ++n) {
        of.watch(pipe.reader(), &pipe, [&] { ready(); });
        pipe.write();
        ready.wait_for(n);
        pipe.read();
        ++served;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(served == 4 * rounds);
}

TEST_CASE("closing lets go of what is watched, without firing it") {
  piped in;
  fired ready;
  auto owned = std::make_shared<int>(1);
  std::weak_ptr<int> const watched = owned;
  {
    readiness of;
    of.watch(in.reader(), &one_reader, [&ready, held = std::move(owned)] { ready(); });
    pass_a_round(of);
    of.close();
  }
  in.write();
  CHECK(ready.times() == 0);
  CHECK(watched.expired());
}

TEST_CASE("one that nobody asked anything has nothing to close") {
  readiness of;
  of.close();
  of.close();
}

TEST_CASE("what a watch owns is destroyed when it has fired") {
  piped in;
  fired ready;
  readiness of;
  auto owned = std::make_shared<int>(1);
  std::weak_ptr<int> const watched = owned;
  of.watch(in.reader(), &one_reader, [&ready, held = std::move(owned)] { ready(); });
  in.write();
  ready.wait_for(1);
  pass_a_round(of);
  CHECK(watched.expired());
}

TEST_CASE("a descriptor that was closed while it was watched, and is another one now, fires for that") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  int const number = ends[0];
  int const kept = ::dup(number);  // the pipe does not end by that
  fired ready;
  readiness of;
  of.watch(number, &one_reader, [&] { ready(); });
  pass_a_round(of);
  piped in;
  REQUIRE(::dup2(in.reader(), number) == number);
  of.watch(number, &one_reader, [&] { ready(); });
  in.write();
  ready.wait_for(1);
  CHECK(ready.times() == 1);
  for (int const each : {number, kept, ends[1]}) ::close(each);
}
