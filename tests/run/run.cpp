// SPDX-License-Identifier: BSL-1.0
#include <leat/run/run.hpp>

#include <leat/from/iterable.hpp>
#include <leat/from/range.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/inspect.hpp>
#include <leat/op/map.hpp>
#include <leat/op/raises.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/cli/error_text.hpp>
#include <leat/state/count_final.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// Emits for ever, on every worker, and counts what it emitted.
class endless {
 public:
  using record = std::uint64_t;

  explicit endless(std::atomic<std::uint64_t>& emitted) : emitted_(&emitted) {}

  class partition {
   public:
    explicit partition(std::atomic<std::uint64_t>& emitted) : emitted_(&emitted) {}
    bool next_batch(leat::emitter<std::uint64_t>& out) {
      out(emitted_->fetch_add(1, std::memory_order_relaxed));
      return true;
    }

   private:
    std::atomic<std::uint64_t>* emitted_;
  };
  partition build(leat::step_services const&) const { return partition(*emitted_); }

 private:
  std::atomic<std::uint64_t>* emitted_;
};

/// Has nothing yet, for ever.
class silence {
 public:
  using record = int;
  struct partition {
    bool next_batch(leat::emitter<int>&) { return true; }
    std::optional<leat::steady_time> next_awake() const { return leat::steady_time::max(); }
  };
  partition build(leat::step_services const&) const { return {}; }
};

/// Fails where it is told to.
class failing_source {
 public:
  enum class at { list, open, read };
  using record = int;
  using position = leat::no_position;

  explicit failing_source(at place) : place_(place) {}

  class partition {
   public:
    explicit partition(at place) : place_(place) {}
    bool next_batch(leat::emitter<int>& out) {
      out(1);
      if (place_ == at::read) throw std::runtime_error("the disk is gone");
      return true;
    }

   private:
    at place_;
  };
  std::vector<std::string> list_parts() const {
    if (place_ == at::list) throw std::runtime_error("the directory is gone");
    return {"one"};
  }
  partition build_part(std::string const&, std::optional<position>, leat::step_services const&) const {
    if (place_ == at::open) throw std::runtime_error("the file is gone");
    return partition(place_);
  }

 private:
  at place_;
};

/// A sink that fails where it is told to.
class failing_sink {
 public:
  enum class at { open, write, flush };

  explicit failing_sink(at place) : place_(place) {}

  class partition {
   public:
    explicit partition(at place) : place_(place) {}
    void write_batch(std::span<int const>) {
      if (place_ == at::write) throw std::runtime_error("the disk is full");
    }
    void flush() {
      if (place_ == at::flush) throw std::runtime_error("the disk is slow");
    }

   private:
    at place_;
  };
  partition build(leat::step_services const&) const {
    if (place_ == at::open) throw std::runtime_error("the disk is locked");
    return partition(place_);
  }

 private:
  at place_;
};

leat::options workers(unsigned count) {
  leat::options options;
  options.workers = count;
  return options;
}

/// How a run that has to fail did so.
leat::run_error failure_of(leat::flow const& flow, leat::options options) {
  try {
    leat::run(flow, std::move(options));
  } catch (leat::run_error const& error) {
    return error;
  }
  throw std::logic_error("the run did not fail");
}

std::string flow_fault(std::function<void()> const& describe) {
  try {
    describe();
  } catch (leat::flow_error const& error) {
    return error.what();
  }
  return "none";
}

template <class Source>
leat::flow failing_in(Source source, int& line) {
  leat::flow flow("failing");
  line = __LINE__ + 1;
  flow.input("in", std::move(source)) | leat::output("out", leat::to::for_each([](int) {}));
  return flow;
}

}  // namespace

TEST_CASE("run: to the end, on fewer workers than cores and on more") {
  for (unsigned const count : {1u, 2u, 4u, 13u}) {
    std::vector<std::pair<int, std::uint64_t>> counts;
    leat::flow flow("counting");
    flow.input("in", leat::from::range(10'000)) | leat::redistribute("spread") |
        leat::count_final("count", [](int n) { return n % 7; }) | leat::output("out", leat::to::collect(counts));
    CHECK(leat::run(flow, workers(count)));
    std::sort(counts.begin(), counts.end());
    REQUIRE(counts.size() == 7);
    for (int key = 0; key != 7; ++key)
      CHECK(counts[static_cast<std::size_t>(key)] == std::pair<int, std::uint64_t>(key, key < 4 ? 1429 : 1428));
  }
}

TEST_CASE("run: options that change no result") {
  std::vector<int> numbers;
  leat::flow flow("numbers");
  flow.input("in", leat::from::range(1000)) | leat::redistribute("spread") |
      leat::output("out", leat::to::collect(numbers));
  std::vector<int> expected(1000);
  for (std::size_t i = 0; i != expected.size(); ++i) expected[i] = static_cast<int>(i);
  for (unsigned const count : {1u, 2u, 3u})
    for (auto const interval : {0ns, 1ns, 10'000'000'000ns})
      for (std::size_t const batch : {std::size_t{0}, std::size_t{1}, std::size_t{5000}}) {
        leat::options options = workers(count);
        options.snapshot_interval = interval;
        options.batch_size = batch;
        options.spin = batch == 1 ? 0ns : 20us;
        numbers.clear();
        leat::run(flow, options);
        std::sort(numbers.begin(), numbers.end());
        CHECK(numbers == expected);
      }
}

TEST_CASE("run: a flow can be run again, each time from the beginning") {
  std::vector<int> numbers;
  leat::flow flow("again");
  int calls = 0;
  flow.input("in", leat::from::range(3)) | leat::map([&calls, own_calls = 0](int n) mutable {
    calls += ++own_calls;  // 1 + 2 + 3 in each run: a run's copy of the function is its own
    return n;
  }) | leat::output("out", leat::to::collect(numbers));
  leat::run(flow);
  CHECK(calls == 6);
  leat::run(flow);
  CHECK(calls == 12);
  CHECK(numbers == std::vector<int>{0, 1, 2, 0, 1, 2});
}

TEST_CASE("run: several flows at once, and one flow several times at once") {
  std::atomic<std::uint64_t> sum{0};
  leat::flow shared("shared");
  shared.input("in", leat::from::range(std::uint64_t{1000})) | leat::redistribute("spread") |
      leat::output("out", leat::to::for_each([&sum](std::uint64_t n) { sum.fetch_add(n, std::memory_order_relaxed); }));
  std::vector<std::vector<int>> numbers(4);
  std::vector<std::thread> threads;
  for (std::vector<int>& own : numbers) {
    threads.emplace_back([&shared] { leat::run(shared, workers(2)); });
    threads.emplace_back([&own] {
      leat::flow flow("own");
      flow.input("in", leat::from::range(100)) | leat::output("out", leat::to::collect(own));
      leat::run(flow, workers(3));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(sum.load() == 4u * 999u * 500u);
  for (std::vector<int> const& own : numbers) {
    REQUIRE(own.size() == 100);
    CHECK(std::is_sorted(own.begin(), own.end()));
  }
}

TEST_CASE("run: a failure of one run is nothing to another") {
  std::atomic<std::uint64_t> emitted{0};
  std::stop_source stop;
  std::exception_ptr other_failed;
  leat::flow good("good");
  good.input("in", endless(emitted)) | leat::output("out", leat::to::for_each([](std::uint64_t) {}));
  std::thread other([&] {
    try {
      leat::options options = workers(2);
      options.stop = stop.get_token();
      leat::run(good, options);
    } catch (...) {
      other_failed = std::current_exception();
    }
  });
  int line = 0;
  leat::flow const bad = failing_in(failing_source(failing_source::at::read), line);
  CHECK_THROWS_AS(leat::run(bad, workers(2)), leat::run_error);
  std::uint64_t const before = emitted.load();
  while (emitted.load() == before) std::this_thread::yield();
  stop.request_stop();
  other.join();
  CHECK(!other_failed);
}

TEST_CASE("run: a stop ends endless sources in order: what they emitted has arrived, in every shape") {
  for (unsigned const count : {1u, 4u}) {
    std::atomic<std::uint64_t> emitted{0};
    std::stop_source stop;
    std::vector<std::uint64_t> arrived;
    leat::flow flow("endless");
    flow.input("in", endless(emitted)) | leat::redistribute("spread") | leat::map([&stop](std::uint64_t n) {
      if (n == 20'000) stop.request_stop();
      return n;
    }) | leat::output("out", leat::to::collect(arrived));
    leat::options options = workers(count);
    options.stop = stop.get_token();
    leat::run(flow, options);
    std::sort(arrived.begin(), arrived.end());
    REQUIRE(arrived.size() == emitted.load());
    CHECK(arrived.size() > 20'000);
    CHECK(arrived.front() == 0);
    CHECK(arrived.back() == arrived.size() - 1);
    CHECK(std::adjacent_find(arrived.begin(), arrived.end()) == arrived.end());
  }
}

TEST_CASE("run: a stop is not the end of the input: final results are not given") {
  std::atomic<std::uint64_t> emitted{0};
  std::stop_source stop;
  std::vector<std::pair<int, std::uint64_t>> counts;
  leat::flow flow("endless");
  flow.input("in", endless(emitted)) | leat::map([&stop](std::uint64_t n) {
    if (n == 1000) stop.request_stop();
    return static_cast<int>(n % 3);
  }) | leat::count_final("count", [](int n) { return n; }) |
      leat::output("out", leat::to::collect(counts));
  leat::options options = workers(2);
  options.stop = stop.get_token();
  CHECK_FALSE(leat::run(flow, options));
  CHECK(counts.empty());
}

TEST_CASE("run: a stop that was asked for before, and one while all workers sleep") {
  leat::flow flow("silent");
  flow.input("in", silence()) | leat::output("out", leat::to::for_each([](int) {}));
  for (unsigned const count : {1u, 4u}) {
    std::stop_source stop;
    leat::options options = workers(count);
    options.stop = stop.get_token();
    options.spin = 0ns;
    std::thread other([&stop] { stop.request_stop(); });
    CHECK_FALSE(leat::run(flow, options));
    other.join();
    CHECK_FALSE(leat::run(flow, options));
  }
}

TEST_CASE("run: a stop that comes when the input has ended is none") {
  std::stop_source stop;
  leat::flow flow("ended");
  flow.input("in", leat::from::range(3)) | leat::count_final("count", [](int n) { return n; }) |
      leat::output("out", leat::to::for_each([&stop](auto const&) { stop.request_stop(); }));
  leat::options options = workers(1);
  options.stop = stop.get_token();
  CHECK(leat::run(flow, options));
}

TEST_CASE("run: an exception names step, place, worker and epoch, and holds its cause") {
  for (unsigned const count : {1u, 4u}) {
    leat::flow flow("failing");
    auto const pass = [](int) { return true; };
    auto const fail = [](int n) {
      if (n == 2) throw std::out_of_range("too far");
      return n;
    };
    auto numbers = flow.input("in", leat::from::range(3)) | leat::filter("all", pass);
    int const line = __LINE__ + 1;
    std::move(numbers) | leat::map("bad", fail) | leat::output("out", leat::to::for_each([](int) {}));
    leat::run_error const error = failure_of(flow, workers(count));
    CHECK(error.step == "failing.bad");
    CHECK(std::string(error.location.file_name()) == __FILE__);
    CHECK(error.location.line() == static_cast<unsigned>(line));
    CHECK(error.worker < count);
    CHECK(error.epoch == 1);
    CHECK(std::string(error.what()) == "step \"failing.bad\" (map, " __FILE__ ":" + std::to_string(line) +
                                           ") failed on worker " + std::to_string(error.worker) +
                                           " in epoch 1 at 2: too far");
    try {
      leat::run(flow, workers(count));
      FAIL("the run did not fail");
    } catch (leat::run_error const& again) {
      CHECK_THROWS_AS(std::rethrow_if_nested(again), std::out_of_range);
    }
  }
}

TEST_CASE("run: the epoch of an error counts the epochs before it") {
  std::atomic<std::uint64_t> emitted{0};
  leat::flow flow("epochs");
  flow.input("in", endless(emitted)) | leat::map("bad", [](std::uint64_t n) {
    if (n == 20'000) throw std::runtime_error("enough");
    return n;
  }) | leat::output("out", leat::to::for_each([](std::uint64_t) {}));
  CHECK(failure_of(flow, {}).epoch == 1);
  leat::options options;
  options.snapshot_interval = 0s;
  emitted = 0;
  CHECK(failure_of(flow, options).epoch > 2);
}

TEST_CASE("run: sources that fail are named, wherever they fail") {
  for (unsigned const count : {1u, 4u}) {
    int line = 0;
    for (auto const& [place, cause] : {std::pair(failing_source::at::list, "the directory is gone"),
                                       std::pair(failing_source::at::open, "the file is gone"),
                                       std::pair(failing_source::at::read, "the disk is gone")}) {
      leat::run_error const error = failure_of(failing_in(failing_source(place), line), workers(count));
      CHECK(error.step == "failing.in");
      CHECK(error.location.line() == static_cast<unsigned>(line));
      CHECK(std::string(error.what()).ends_with(std::string(": ") + cause));
    }
  }
}

TEST_CASE("run: sinks that fail are named, wherever they fail") {
  for (unsigned const count : {1u, 4u})
    for (auto const& [place, cause] : {std::pair(failing_sink::at::open, "the disk is locked"),
                                       std::pair(failing_sink::at::write, "the disk is full"),
                                       std::pair(failing_sink::at::flush, "the disk is slow")}) {
      leat::flow flow("failing");
      flow.input("in", leat::from::range(3)) | leat::output("out", failing_sink(place));
      leat::run_error const error = failure_of(flow, workers(count));
      CHECK(error.step == "failing.out");
      CHECK(std::string(error.what()).ends_with(std::string(": ") + cause));
    }
}

TEST_CASE("run: what is thrown need not be a std::exception") {
  leat::flow flow("failing");
  flow.input("in", leat::from::range(3)) | leat::map("bad", [](int n) -> int { throw n; }) |
      leat::output("out", leat::to::for_each([](int) {}));
  leat::run_error const error = failure_of(flow, {});
  CHECK(std::string(error.what()).ends_with(": an exception that is not a std::exception"));
}

TEST_CASE("run: of many failures at once there is one") {
  leat::flow flow("failing");
  flow.input("in", leat::from::range(10'000)) | leat::redistribute("spread") |
      leat::map("bad", [](int n) -> int { throw std::runtime_error(std::to_string(n)); }) |
      leat::output("out", leat::to::for_each([](int) {}));
  for (int i = 0; i != 20; ++i) CHECK(failure_of(flow, workers(4)).step == "failing.bad");
}

TEST_CASE("run: a failure ends the others, also those that wait") {
  std::atomic<std::uint64_t> emitted{0};
  leat::flow flow("failing");
  flow.input("silent", silence()) | leat::output("nothing", leat::to::for_each([](int) {}));
  flow.input("endless", endless(emitted)) | leat::redistribute("spread") | leat::map("bad", [](std::uint64_t n) {
    if (n == 5000) throw std::runtime_error("enough");
    return n;
  }) | leat::output("out", leat::to::for_each([](std::uint64_t) {}));
  for (unsigned const count : {1u, 4u}) {
    emitted = 0;
    CHECK(failure_of(flow, workers(count)).step == "failing.bad");
  }
}

TEST_CASE("run: a flow without an input or an output is refused") {
  leat::flow const empty("empty");
  CHECK(flow_fault([&] { leat::run(empty); }) == "flow \"empty\" has no input: begin it with flow.input(name, source)");
  leat::flow open("open");
  [[maybe_unused]] leat::stream in = open.input("in", leat::from::range(3)) | leat::map([](int n) { return n; });
  CHECK(flow_fault([&] { leat::run(open); }) == "flow \"open\" has no output: end it with | output(name, sink)");
}

TEST_CASE("run: inspect and raises count as outputs") {
  std::vector<int> seen;
  leat::flow inspected("inspected");
  inspected.input("in", leat::from::range(3)) | leat::inspect("look", [&seen](int n) { seen.push_back(n); });
  leat::run(inspected);
  CHECK(seen == std::vector<int>{0, 1, 2});

  leat::flow raising("raising");
  raising.input("in", leat::from::range(3)) | leat::raises("never");
  std::string const text = failure_of(raising, {}).what();
  CHECK_MESSAGE(text.ends_with(": 0"), text);
}

TEST_CASE("run: names are checked when a step is described") {
  auto const from = [](leat::flow& flow, char const* name) { return flow.input(name, leat::from::range(3)); };
  std::string const here = __FILE__ ":";
  CHECK(flow_fault([] { leat::flow flow(""); }).starts_with("a flow needs a name (" __FILE__ ":"));
  CHECK(flow_fault([] {
          leat::flow flow("a.b");
        }).starts_with("the name of the flow, \"a.b\", may not contain a full stop (" __FILE__ ":"));
  CHECK(flow_fault([&] {
          leat::flow flow("f");
          from(flow, "in.put");
        })
            .starts_with("the name of a step, \"in.put\", may not contain a full stop: it separates a step from those "
                         "inside it (" __FILE__ ":"));

  leat::flow flow("f");
  leat::stream in = from(flow, "in");
  std::string const twice = flow_fault([&] { static_cast<void>(in | leat::map("in", [](int n) { return n; })); });
  CHECK(twice.starts_with("two steps are named \"f.in\": at " + here));
  CHECK(twice.find(" and at " + here) != std::string::npos);
  CHECK(twice.ends_with("; a name is unique in its scope"));
}

TEST_CASE("error text: adds the causes that the message does not tell yet") {
  auto const text_of = [](std::function<void()> const& fail) {
    try {
      fail();
    } catch (std::exception const& error) {
      return leat::error_text(error);
    }
    return std::string();
  };
  CHECK(text_of([] { throw std::runtime_error("alone"); }) == "alone");
  auto const nested = [](char const* outer, char const* inner) {
    try {
      throw std::runtime_error(inner);
    } catch (...) {
      std::throw_with_nested(std::logic_error(outer));
    }
  };
  CHECK(text_of([&] { nested("step: disk", "disk"); }) == "step: disk");
  CHECK(text_of([&] { nested("step", "disk"); }) == "step\n  because: disk");
  CHECK(text_of([&] {
          try {
            nested("b", "c");
          } catch (...) {
            std::throw_with_nested(std::runtime_error("a: b"));
          }
        }) == "a: b\n  because: c");
  CHECK(text_of([&] {
          try {
            throw 5;
          } catch (...) {
            std::throw_with_nested(std::runtime_error("a"));
          }
        }) == "a\n  because: an exception that is not a std::exception");
}
