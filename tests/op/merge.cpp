// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/inspect_debug.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>
#include <leat/route/redistribute.hpp>

#include "op/flows.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace {

/// A few numbers per turn, so that epochs that last one turn are many.
class in_small_batches {
 public:
  using record = int;

  in_small_batches(int first, int last, int at_once) : first_(first), last_(last), at_once_(at_once) {}

  class part {
   public:
    part(int next, int last, int at_once, leat::step_services const& services)
        : next_(next), last_(last), at_once_(at_once), services_(services) {}
    bool next_batch(leat::emitter<int>& out) {
      for (int n = 0; n != at_once_ && next_ < last_; ++n, next_ += step()) out(next_);
      return next_ < last_;
    }
    std::optional<leat::steady_time> next_awake() const { return services_.now() + std::chrono::nanoseconds(1); }

   private:
    int step() const { return static_cast<int>(services_.worker_count()); }

    int next_;
    int last_;
    int at_once_;
    leat::step_services services_;
  };
  part build(leat::step_services const& services) const {
    return {first_ + static_cast<int>(services.worker_index()), last_, at_once_, services};
  }

 private:
  int first_;
  int last_;
  int at_once_;
};

}  // namespace

TEST_CASE("merge: all records of all streams, each stream in order") {
  flows::however_run<int, int>(
      {0, 1, 2, 3},
      [](auto& s) {
        leat::stream tens = s | leat::map([](int x) { return x * 10 + 10; });
        return leat::merge("all", s, tens, s | leat::map([](int x) { return x + 100; }));
      },
      [](std::vector<int> const& got, bool several) {
        std::vector<int> const wanted{0, 1, 2, 3, 10, 20, 30, 40, 100, 101, 102, 103};
        CHECK(flows::sorted(got) == wanted);
        if (several) return;
        int last_of_tens = 0;
        for (int x : got) {
          if (x < 10 || x >= 100) continue;
          CHECK(x > last_of_tens);
          last_of_tens = x;
        }
      });
}

TEST_CASE("merge: one stream, the same stream twice, streams without a step name") {
  CHECK(flows::through<int, int>({1, 2}, [](auto s) { return leat::merge("one", s); }) == std::vector<int>{1, 2});
  CHECK(flows::sorted(flows::through<int, int>({1, 2}, [](auto s) { return leat::merge(s, s, s); })) ==
        std::vector<int>{1, 1, 1, 2, 2, 2});
}

TEST_CASE("merge: records that can only be moved") {
  auto const got = flows::through<int, int>({1, 2}, [](auto s) {
    auto own = [](int x) { return std::make_unique<int>(x); };
    return leat::merge(s | leat::map(own), s | leat::map(own)) | leat::map([](std::unique_ptr<int> p) { return *p; });
  });
  CHECK(flows::sorted(got) == std::vector<int>{1, 1, 2, 2});
}

TEST_CASE("merge: every record stays in its epoch, however long the way of the others is") {
  static std::array<std::atomic<std::uint64_t>, 4000> before;
  static std::atomic<int> moved_on;
  static std::atomic<std::uint64_t> epochs;
  for (unsigned workers : {1u, 4u}) {
    moved_on = 0;
    epochs = 0;
    std::vector<int> got;
    auto note = [](std::string_view, int x, std::uint64_t epoch, unsigned) {
      before[static_cast<std::size_t>(x)] = epoch;
    };
    auto compare = [](std::string_view, int x, std::uint64_t epoch, unsigned) {
      if (before[static_cast<std::size_t>(x)] != epoch) ++moved_on;
      std::uint64_t seen = epochs;
      while (seen < epoch && !epochs.compare_exchange_weak(seen, epoch)) {
      }
    };
    leat::flow flow{"test"};
    auto a = flow.input("a", in_small_batches(0, 1000, 3)) | leat::inspect_debug("a1", note);
    auto b =
        flow.input("b", in_small_batches(1000, 2000, 2)) | leat::inspect_debug("b1", note) | leat::redistribute("away");
    auto c = flow.input("c", in_small_batches(2000, 2010, 1)) | leat::inspect_debug("c1", note) |
             leat::redistribute("far") | leat::redistribute("farther");
    leat::merge("all", a, b, c) | leat::inspect_debug("after", compare) | leat::output("out", leat::to::collect(got));
    leat::options options;
    options.workers = workers;
    options.snapshot_interval = std::chrono::nanoseconds(0);
    leat::run(flow, options);
    CHECK(got.size() == 2010);
    CHECK(moved_on.load() == 0);
    CHECK(epochs.load() > 20);
  }
}

TEST_CASE("merge: streams of two flows are refused") {
  leat::flow first_flow{"one"};
  leat::flow two{"two"};
  auto a = first_flow.input("in", flows::dealt<int>({1}));
  auto b = two.input("in", flows::dealt<int>({1}));
  CHECK_THROWS_WITH_AS(leat::merge("both", a, b), doctest::Contains("two flows"), leat::flow_error);
}
