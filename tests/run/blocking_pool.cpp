// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/run/threads/blocking_pool.hpp>

#include "fixture/work_of.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace {

/// Its work are functions, and it is given all the time there is to close.
class blocking_pool {
 public:
  explicit blocking_pool(std::size_t most_threads = 64) : pool_(most_threads) {}
  ~blocking_pool() { close(); }
  void run(std::function<void()> work) { pool_.run(std::make_shared<leat::test::work_of>(std::move(work))); }
  void close() { CHECK(pool_.close(std::chrono::hours(1)) == 0); }

 private:
  leat::detail::blocking_pool pool_;
};

/// Counts, and lets threads wait for a count.
class counter {
 public:
  void add() {
    std::lock_guard const lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  int value() {
    std::lock_guard const lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

}  // namespace

TEST_CASE("work is done on another thread, each piece once") {
  constexpr int pieces = 500;
  std::vector<std::atomic<int>> times(pieces);
  std::atomic<bool> on_this_thread{false};
  counter done;
  blocking_pool pool;
  auto const here = std::this_thread::get_id();
  for (int i = 0; i != pieces; ++i)
    pool.run([&, i] {
      ++times[static_cast<std::size_t>(i)];
      if (std::this_thread::get_id() == here) on_this_thread = true;
      done.add();
    });
  done.wait_for(pieces);
  CHECK_FALSE(on_this_thread);
  for (auto const& each : times) CHECK(each == 1);
}

TEST_CASE("one thread does its work in the order in which it was given") {
  blocking_pool pool(1);
  std::vector<int> order;
  counter done;
  for (int i = 0; i != 200; ++i)
    pool.run([&, i] {
      order.push_back(i);  // there is no other thread
      done.add();
    });
  done.wait_for(200);
  REQUIRE(order.size() == 200);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("as many threads are made as there is work at once, and no more than it may have") {
  constexpr int most = 5;
  blocking_pool pool(most);
  counter begun;
  counter released;
  counter done;
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::atomic<int> at_once{0};
  std::atomic<int> most_at_once{0};
  for (int i = 0; i != 3 * most; ++i)
    pool.run([&] {
      int const now = ++at_once;
      for (int before = most_at_once; now > before && !most_at_once.compare_exchange_weak(before, now);) {
      }
      {
        std::lock_guard const lock(mutex);
        threads.insert(std::this_thread::get_id());
      }
      begun.add();
      released.wait_for(1);
      --at_once;
      done.add();
    });
  begun.wait_for(most);  // each of them waits: with fewer threads this would never come
  CHECK(begun.value() == most);
  released.add();
  done.wait_for(3 * most);
  CHECK(most_at_once == most);
  CHECK(threads.size() == most);
}

TEST_CASE("work may give more work") {
  counter done;
  blocking_pool pool(1);
  pool.run([&] {
    pool.run([&] {
      pool.run([&] { done.add(); });
      done.add();
    });
    done.add();
  });
  done.wait_for(3);
  CHECK(done.value() == 3);
}

TEST_CASE("work is given by several threads at once") {
  constexpr int calls_of_each = 200;
  counter done;
  blocking_pool pool(3);
  std::vector<std::thread> givers;
  for (int i = 0; i != 4; ++i)
    givers.emplace_back([&] {
      for (int n = 0; n != calls_of_each; ++n) pool.run([&] { done.add(); });
    });
  for (std::thread& thread : givers) thread.join();
  done.wait_for(4 * calls_of_each);
  CHECK(done.value() == 4 * calls_of_each);
}

TEST_CASE("closing waits for what has begun and drops what has not") {
  counter begun;
  counter closing;
  std::atomic<bool> finished{false};
  std::atomic<bool> dropped_was_done{false};
  auto const owned = std::make_shared<int>(1);
  {
    blocking_pool pool(1);
    pool.run([&] {
      begun.add();
      closing.wait_for(1);
      finished = true;
    });
    begun.wait_for(1);
    for (int i = 0; i != 10; ++i) pool.run([&, owned] { dropped_was_done = true; });
    CHECK(owned.use_count() == 11);
    std::thread other([&] { pool.close(); });
    for (; owned.use_count() != 1; std::this_thread::yield()) {
    }
    CHECK_FALSE(finished);
    closing.add();
    other.join();
    CHECK(finished);
  }
  CHECK_FALSE(dropped_was_done);
}

TEST_CASE("what is given after closing is dropped, and closing twice is closing once") {
  std::atomic<int> done{0};
  auto const owned = std::make_shared<int>(1);
  blocking_pool pool;
  pool.run([&] { ++done; });
  pool.close();
  int const before = done;
  pool.run([&, owned] { ++done; });
  CHECK(owned.use_count() == 1);
  pool.close();
  CHECK(done == before);
}

TEST_CASE("a pool that was given nothing makes no thread to wait for") {
  blocking_pool unused;
  unused.close();
}

TEST_CASE("what work owns is destroyed when it has been done, not when the pool is closed") {
  blocking_pool pool(1);
  counter done;
  auto owned = std::make_shared<int>(1);
  std::weak_ptr<int> const watched = owned;
  pool.run([&, held = std::move(owned)] { done.add(); });
  done.wait_for(1);
  counter next;
  pool.run([&] { next.add(); });
  next.wait_for(1);  // the one thread has let go of the first by now
  CHECK(watched.expired());
}
