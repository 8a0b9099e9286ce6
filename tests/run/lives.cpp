// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/from/generate.hpp>
#include <leat/from/range.hpp>
#include <leat/op/compose.hpp>
#include <leat/op/map.hpp>
#include <leat/op/step.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/cli/error_text.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include "fixture/shapes.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

/// How long what a user gives leat lives, and where.
namespace {

using namespace std::chrono_literals;

std::atomic<int> lives{0};
std::atomic<int> ended_elsewhere{0};

/// Lives on one thread: that on which it begins.
class resident {
 public:
  resident() { ++lives; }
  resident(resident&& other) noexcept : home_(other.home_) { ++lives; }
  resident& operator=(resident&&) = delete;
  ~resident() {
    --lives;
    if (std::this_thread::get_id() != home_) ++ended_elsewhere;
  }

 private:
  std::thread::id home_ = std::this_thread::get_id();
};

class source_at_home {
 public:
  using record = int;
  class partition {
   public:
    explicit partition(int last) : last_(last) {}
    bool next_batch(leat::emitter<int>& out) {
      out(n_);
      return ++n_ <= last_;
    }

   private:
    resident home_;
    int n_ = 1;
    int last_;
  };
  partition build(leat::step_services const&) const { return partition(20); }
};

class sink_at_home {
 public:
  struct partition {
    resident home;
    void write_batch(std::span<int const>) {}
  };
  partition build(leat::step_services const&) const { return {}; }
};

leat::task<> step_at_home(leat::inlet<int>& in, leat::outlet<int>& out) {
  resident const home;
  while (auto batch = co_await in.next())
    for (int const n : batch) out(n);
}

/// Emits two records and fails, in one call.
class emits_and_fails {
 public:
  using record = int;
  struct partition {
    bool next_batch(leat::emitter<int>& out) {
      out(1);
      out(2);
      throw std::runtime_error("the disk is gone");
    }
  };
  partition build(leat::step_services const&) const { return {}; }
};

/// A sink whose `part_of` remembers who called it.
class sink_with_memory {
 public:
  using position = leat::no_position;
  explicit sink_with_memory(std::atomic<int>& shared) : shared_(&shared) {}

  struct partition {
    void write_batch(std::span<int>) {}
  };
  std::vector<std::string> list_parts() const { return {"a", "b", "c", "d"}; }
  partition build_part(std::string const&, std::optional<position>, leat::step_services const&) const { return {}; }
  std::uint64_t part_of(int n) const {
    if (caller_ == std::thread::id()) caller_ = std::this_thread::get_id();
    if (caller_ != std::this_thread::get_id()) ++*shared_;
    return static_cast<std::uint64_t>(n);
  }

 private:
  std::atomic<int>* shared_;
  mutable std::thread::id caller_;
};

struct endless {
  std::atomic<int>* emitted;
  leat::task<> operator()(leat::emitter<int>& out) const {
    for (;;) {
      out((*emitted)++);
      co_await leat::sleep(1ms);
    }
  }
};

/// Asks for a stop, and holds each record back for an hour.
struct slow {
  std::stop_source* stop;
  leat::task<> operator()(leat::inlet<int>& in, leat::outlet<int>& out) const {
    while (auto batch = co_await in.next())
      for (int const n : batch) {
        stop->request_stop();
        co_await leat::sleep(1h);
        out(n);
      }
  }
};

std::string fault_of(leat::flow const& flow, leat::options options = {}) {
  try {
    leat::run(flow, std::move(options));
  } catch (leat::run_error const& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("sources, sinks and coroutines end on the thread that they lived on, however the run ends") {
  for (bool const fails : {false, true}) {
    leat::flow flow("homes");
    std::atomic<int> calls{0};
    flow.input("in", source_at_home()) | leat::step("step", step_at_home) | leat::redistribute("spread") |
        leat::map([&](int n) {
          if (fails && ++calls == 60) throw std::runtime_error("enough");
          return n;
        }) |
        leat::output("out", sink_at_home());
    for (unsigned const workers : {1u, 4u}) {
      calls = workers == 1 ? 45 : 0;
      ended_elsewhere = 0;
      leat::options options;
      options.workers = workers;
      CHECK((fault_of(flow, options) != "none") == fails);
      CHECK(lives == 0);
      CHECK(ended_elsewhere == 0);
    }
  }
}

TEST_CASE("what a source emits before it throws is sent, in batches of any size") {
  for (std::size_t const batch : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    leat::flow flow("emits");
    std::vector<int> got;
    flow.input("in", emits_and_fails()) | leat::output("out", leat::to::for_each([&got](int n) { got.push_back(n); }));
    leat::options options;
    options.batch_size = batch;
    CHECK(fault_of(flow, options).find("step \"emits.in\"") == 0);
    CHECK(got == std::vector<int>{1, 2});
  }
}

TEST_CASE("part_of of a sink is copied for each worker") {
  std::atomic<int> shared{0};
  leat::flow flow("parted");
  flow.input("in", leat::from::range(1000)) | leat::redistribute("spread") |
      leat::output("out", sink_with_memory(shared));
  leat::options options;
  options.workers = 2;
  leat::run(flow, options);
  CHECK(shared == 0);
}

TEST_CASE("a coroutine step in a long sleep does not hold up a stop, and what it held back goes on") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    using kind = leat::test::shape::kind;
    if (shape.runs != kind::threads && shape.runs != kind::processes_on_tcp) return;  // others cannot be told to stop
    std::stop_source stop;
    std::atomic<int> emitted{0};
    std::vector<int> got;
    leat::flow flow("slow");
    flow.input("in", leat::from::generate(endless{&emitted})) | leat::step("slow", slow{&stop}) |
        leat::output("out", leat::to::collect(got));
    leat::test::shape stopped(shape);
    stopped.options.stop = stop.get_token();
    stopped.run(flow, got);
    std::sort(got.begin(), got.end());
    REQUIRE(got.size() == static_cast<std::size_t>(emitted.load()));
    CHECK(std::adjacent_find(got.begin(), got.end()) == got.end());
  });
}

TEST_CASE("records that cannot be copied: a container of them is a record, and has one consumer") {
  using owners = std::vector<std::unique_ptr<int>>;
  static_assert(leat::recordable<owners> && !leat::copyable_record<owners>);
  static_assert(!leat::copyable_record<std::pair<int, owners>> && !leat::copyable_record<std::optional<owners>>);
  static_assert(!leat::copyable_record<std::array<owners, 2>> && !leat::copyable_record<std::variant<int, owners>>);
  static_assert(leat::copyable_record<std::vector<std::string>> && leat::copyable_record<std::shared_ptr<owners>>);

  leat::flow flow("owners");
  std::vector<int> sizes;
  leat::stream owned = flow.input("in", leat::from::range(4)) | leat::map("own", [](int n) {
                         owners objects;
                         for (int i = 0; i != n; ++i) objects.push_back(std::make_unique<int>(i));
                         return objects;
                       });
  std::move(owned) | leat::map([](owners const& held) { return static_cast<int>(held.size()); }) |
      leat::output("out", leat::to::collect(sizes));
  leat::run(flow);
  CHECK(sizes == std::vector<int>{0, 1, 2, 3});

  std::string text;
  try {
    std::move(owned) | leat::output("again", leat::to::for_each([](owners const&) {}));  // NOLINT: the mistake
  } catch (leat::flow_error const& error) {
    text = error.what();
  }
  CHECK(text.find("the records behind step \"owners.own\"") == 0);
  CHECK(text.find("cannot be copied") != std::string::npos);
}

TEST_CASE("a failure in another process brings what it began with") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    if (shape.processes == 1) return;
    leat::flow flow("far");
    std::vector<int> got;
    flow.input("in", leat::from::range(100)) | leat::redistribute("spread", leat::by([](int) { return 1; })) |
        leat::map("bad", [](int) -> int { throw std::out_of_range("too far"); }) |
        leat::output("out", leat::to::collect(got));
    try {
      shape.run(flow, got);
      FAIL("the run did not fail");
    } catch (leat::run_error const& error) {
      CHECK(error.step == "far.bad");
      try {
        std::rethrow_if_nested(error);
        FAIL("nothing is nested");
      } catch (leat::remote_cause const& cause) {
        CHECK(cause.type == "std::out_of_range");
        CHECK(std::string(cause.what()) == "too far");
      } catch (std::out_of_range const& cause) {  // the failing process is this one
        CHECK(std::string(cause.what()) == "too far");
      }
    }
  });
}

namespace {

/// As some libraries' are where they know nothing more.
struct says_nothing final : std::exception {
  char const* what() const noexcept override { return nullptr; }
};

}  // namespace

TEST_CASE("an exception that has no text is an error of its step all the same") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    leat::flow flow("mute");
    std::vector<int> got;
    flow.input("in", leat::from::range(100)) | leat::redistribute("spread") |
        leat::map("bad", [](int) -> int { throw says_nothing(); }) | leat::output("out", leat::to::collect(got));
    try {
      shape.run(flow, got);
      FAIL("the run did not fail");
    } catch (leat::run_error const& error) {
      CHECK(error.step == "mute.bad");
      CHECK(std::string(error.what()).find("an exception without a text") != std::string::npos);
      CHECK(leat::error_text(error).find("an exception without a text") != std::string::npos);
    }
  });
}
