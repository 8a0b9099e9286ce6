// SPDX-License-Identifier: BSL-1.0
#include <leat/testing.hpp>

#include <doctest/doctest.h>

#include <leat/from/iterable.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>
#include <leat/op/step.hpp>
#include <leat/op/waiting.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using pairs = std::vector<std::pair<std::string, int>>;

namespace {

/// A source that must not be touched in a test.
class forbidden {
 public:
  using record = int;
  using position = leat::no_position;
  class partition {
   public:
    bool next_batch(leat::emitter<int>&) { throw std::runtime_error("the real source was read"); }
  };
  std::vector<std::string> list_parts() const { throw std::runtime_error("the real source was listed"); }
  partition build_part(std::string const&, std::optional<position> const&, leat::step_services const&) const {
    throw std::runtime_error("the real source was opened");
  }
};

/// Two partitions of three numbers; a position counts the numbers that are behind it.
class numbers {
 public:
  using record = int;
  using position = int;
  class partition {
   public:
    partition(int base, int done) : base_(base), done_(done) {}
    bool next_batch(leat::emitter<int>& out) {
      if (done_ != 3) out(base_ + ++done_);
      return done_ != 3;
    }
    int snapshot() const { return done_; }

   private:
    int base_;
    int done_;
  };
  std::vector<std::string> list_parts() const { return {"zero", "ten"}; }
  partition build_part(std::string const& part, std::optional<int> const& from, leat::step_services const&) const {
    return {part == "ten" ? 10 : 0, from.value_or(0)};
  }
};

/// A step that tells in which epoch each record met it.
class epochs_of {
 public:
  class partition {
   public:
    partition(std::vector<std::pair<int, int>>& into) : into_(&into) {}
    void write_batch(std::span<int const> records) {
      for (int x : records) into_->emplace_back(x, epoch_);
    }
    void flush() { ++epoch_; }

   private:
    std::vector<std::pair<int, int>>* into_;
    int epoch_ = 1;
  };
  explicit epochs_of(std::vector<std::pair<int, int>>& into) : into_(&into) {}
  partition build(leat::step_services const&) const { return {*into_}; }

 private:
  std::vector<std::pair<int, int>>* into_;
};

leat::task<> later(leat::inlet<int>& in, leat::outlet<int>& out) {
  while (auto batch = co_await in.next())
    for (int x : batch) {
      co_await leat::sleep(10s);
      out(x);
    }
}

std::string error_of(auto&& f) {
  try {
    f();
  } catch (std::exception const& failure) {
    return failure.what();
  }
  return "";
}

}  // namespace

TEST_CASE("sources and sinks are replaced by name, in every kind of cluster") {
  leat::flow flow{"double"};
  std::vector<int> untouched;
  flow.input("inp", forbidden{}) | leat::redistribute("spread") | leat::map([](int x) { return 2 * x; }) |
      leat::output("out", leat::to::collect(untouched));

  for (leat::test::options const& options :
       {leat::test::options{}, leat::test::options{.workers = 4}, leat::test::options{.processes = 2, .workers = 2},
        leat::test::options{.processes = 3, .workers = 1, .batch_size = 1},
        leat::test::options{.workers = 3, .threads = true}}) {
    CAPTURE(options.processes);
    CAPTURE(options.workers);
    leat::test::result const r = leat::test::run(flow, options).feed("inp", {1, 2, 3}).feed("inp", {4});
    CHECK(r.of<int>("out") == leat::test::unordered(std::vector{8, 6, 4, 2}));
    CHECK(r.of("out") == leat::test::unordered(std::vector{2, 4, 6, 8}));
    CHECK_FALSE(r.of("out") == leat::test::unordered(std::vector{2, 4, 6, 6}));
    CHECK(untouched.empty());
  }
}

TEST_CASE("a sink can be kept") {
  leat::flow flow{"keep"};
  std::vector<int> collected;
  leat::stream s = flow.input("inp", forbidden{});
  s | leat::output("out", leat::to::collect(collected));
  s | leat::output("other", leat::to::collect(collected));
  leat::test::result const r = leat::test::run(flow).keep("out").feed("inp", {1, 2, 3});
  CHECK(collected == std::vector{1, 2, 3});
  CHECK(r.of<int>("other") == std::vector{1, 2, 3});
  CHECK(error_of([&] { r.of<int>("out"); }).find("told to keep its sink") != std::string::npos);
}

TEST_CASE("an input keeps its source only when the test says so") {
  leat::flow flow{"both"};
  leat::stream a = flow.input("a", leat::from::iterable(std::vector{1, 2}));
  leat::stream b = flow.input("b", forbidden{});
  std::vector<int> no_records;
  leat::merge("both", a, b) | leat::output("out", leat::to::collect(no_records));
  leat::test::result const r = leat::test::run(flow, {.workers = 2}).keep("a").feed("b", {3});
  CHECK(r.of<int>("out") == leat::test::unordered(std::vector{1, 2, 3}));
  leat::test::result const empty = leat::test::run(flow).feed("a", std::vector<int>()).feed("b", {3});
  CHECK(empty.of<int>("out") == std::vector{3});

  for (bool const threads : {false, true}) {
    std::string const refusal = error_of([&] { leat::test::run(flow, {.threads = threads}).feed("b", {3}).finish(); });
    CHECK(refusal.starts_with("the test does not feed input \"both.a\" ("));
    CHECK(refusal.find("keep(\"a\")") != std::string::npos);
  }
}

TEST_CASE("a kept source can begin at a position") {
  leat::flow flow{"again"};
  std::vector<int> empty;
  flow.input("inp", numbers{}) | leat::output("out", leat::to::collect(empty));

  for (leat::test::options const& options : {leat::test::options{}, leat::test::options{.processes = 2},
                                             leat::test::options{.workers = 2, .threads = true}}) {
    leat::test::result const from_start = leat::test::run(flow, options).keep("inp");
    CHECK(from_start.of<int>("out") == leat::test::unordered(std::vector{1, 2, 3, 11, 12, 13}));
    leat::test::result const resumed = leat::test::run(flow, options).keep_from("inp", "ten", 2);
    CHECK(resumed.of<int>("out") == leat::test::unordered(std::vector{1, 2, 3, 13}));
  }
  CHECK(error_of([&] {
          leat::test::run(flow).keep_from("inp", "ten", std::string("2")).finish();
        }).find("has positions of type int, and the test starts it at one of type std::string") != std::string::npos);

  leat::test::cluster c{flow, leat::test::seed(1)};
  c.keep_from("inp", "zero", 2).finish();
  CHECK(c.of<int>("out") == leat::test::unordered(std::vector{3, 11, 12, 13}));
}

TEST_CASE("values of a key keep their order") {
  leat::flow flow{"keyed"};
  pairs empty;
  flow.input("inp", leat::from::iterable(pairs{})) |
      leat::stateful_map("sum", [](std::optional<int>& sum, int x) { return *(sum = sum.value_or(0) + x); }) |
      leat::output("out", leat::to::collect(empty));
  leat::test::result const r = leat::test::run(flow, {.processes = 2, .workers = 2, .batch_size = 1})
                                   .feed("inp", pairs{{"a", 1}, {"b", 10}, {"a", 2}, {"b", 20}})
                                   .epoch()
                                   .feed("inp", pairs{{"a", 3}});
  CHECK(r.of("out") == leat::test::per_key(pairs{{"b", 10}, {"b", 30}, {"a", 1}, {"a", 3}, {"a", 6}}));
  CHECK_FALSE(r.of("out") == leat::test::per_key(pairs{{"b", 30}, {"b", 10}, {"a", 1}, {"a", 3}, {"a", 6}}));
  CHECK_FALSE(r.of("out") == leat::test::per_key(pairs{{"b", 10}, {"b", 30}, {"a", 1}, {"a", 3}}));
  CHECK_FALSE(r.of("out") == leat::test::per_key(pairs{{"b", 10}, {"b", 30}, {"a", 1}, {"a", 3}, {"c", 6}}));
}

TEST_CASE("epochs end where the script says, on all inputs and workers") {
  for (std::uint64_t seed = 1; seed != 40; ++seed) {
    CAPTURE(seed);
    leat::flow flow{"epochs"};
    std::vector<std::pair<int, int>> got;
    leat::stream a = flow.input("a", forbidden{});
    leat::stream b = flow.input("b", forbidden{});
    leat::merge("both", a, b) | leat::redistribute("spread") | leat::output("out", epochs_of(got));
    leat::test::result const r = leat::test::run(flow, {.processes = 2, .workers = 2, .seed = seed})
                                     .keep("out")
                                     .feed("a", {1, 1, 1})
                                     .epoch()
                                     .feed("b", {2, 2})
                                     .wait(5s)
                                     .feed("a", {2})
                                     .epoch()
                                     .feed("a", {3})
                                     .feed("b", {3});
    CHECK(got.size() == 8);
    for (auto const& [number, epoch] : got) CHECK(number == epoch);
  }
}

TEST_CASE("virtual time is driven by hand") {
  leat::flow flow{"slow"};
  std::vector<int> empty;
  flow.input("inp", forbidden{}) | leat::step("later", later) | leat::output("out", leat::to::collect(empty));
  leat::test::cluster c{flow, leat::test::seed(42)};
  c.feed("inp", {1, 2});
  c.advance(9s);
  CHECK(c.of<int>("out").empty());
  c.advance(1s);
  CHECK(c.of<int>("out") == std::vector{1});
  CHECK(c.elapsed() == 10s);
  CHECK(c.wall() == leat::wall_time(1767225610s));
  c.advance(9s).feed("inp", {3}).advance(1s);
  CHECK(c.of<int>("out") == std::vector{1, 2});
  c.finish();
  CHECK(c.of<int>("out") == std::vector{1, 2, 3});
  CHECK(c.elapsed() == 30s);
}

TEST_CASE("a cluster is fed while it runs, and stops in order") {
  leat::flow flow{"live"};
  std::vector<std::pair<int, std::uint64_t>> empty;
  flow.input("inp", forbidden{}) | leat::count_final("count", [](int x) { return x; }) |
      leat::output("out", leat::to::collect(empty));
  using counts = std::vector<std::pair<int, std::uint64_t>>;

  leat::test::cluster c{flow, leat::test::seed(7), {.processes = 2, .workers = 2}};
  c.input<int>("inp").advance(1s).feed("inp", {1, 2}).advance(1s).feed("inp", {1}).advance(1s);
  CHECK(c.of("out") == counts{});
  c.finish();
  CHECK(c.of("out") == leat::test::unordered(counts{{1, 2}, {2, 1}}));

  leat::test::cluster stopped{flow, leat::test::seed(7), {.processes = 2, .workers = 2}};
  stopped.feed("inp", {1, 2}).advance(1s).stop(1);
  CHECK(stopped.of("out") == counts{});  // the input was cut short: nothing is final
}

TEST_CASE("the same seed gives the same trace, another one another") {
  leat::flow flow{"repeat"};
  std::vector<int> empty;
  flow.input("inp", forbidden{}) | leat::redistribute("spread") | leat::output("out", leat::to::collect(empty));
  auto const trace_of = [&](std::uint64_t seed) {
    return leat::test::run(flow, {.processes = 2, .workers = 2, .seed = seed}).feed("inp", {1, 2, 3}).finish().trace();
  };
  CHECK(trace_of(1) == trace_of(1));
  CHECK(trace_of(1) != trace_of(2));
}

TEST_CASE("mistakes of a test are told in sentences") {
  leat::flow flow{"f"};
  std::vector<int> empty;
  leat::stream s = flow.input("inp", leat::from::iterable(std::vector{1}));
  s | leat::output("out", leat::to::collect(empty));
  s | leat::output("each", leat::to::for_each([](int) {}));

  CHECK(error_of([&] { leat::test::run(flow).feed("ipn", {1}).finish(); }) ==
        "the test names an input \"f.ipn\", which the flow does not have; it has \"f.inp\"");
  CHECK(error_of([&] { leat::test::run(flow).keep("o").finish(); }) ==
        "the test names an output or input \"f.o\", which the flow does not have; it has \"f.inp\", \"f.out\", "
        "\"f.each\"");
  std::string const other_type = error_of([&] { leat::test::run(flow).feed("inp", {"text"}).finish(); });
  CHECK(other_type.starts_with("input \"f.inp\" ("));
  CHECK(other_type.ends_with(") gives records of type int, and the test feeds it records of type std::string"));
  CHECK(error_of([&] { leat::test::run(flow).feed("inp", {1}).feed("inp", {2.0}).finish(); }) ==
        "the test feeds input \"f.inp\" with records of type int and with records of type double");

  leat::test::result const r = leat::test::run(flow).keep("inp");
  CHECK(r.of<int>("out") == std::vector{1});
  CHECK(error_of([&] { r.of<double>("out"); }) ==
        "output \"f.out\" takes records of type int, and the test asks for records of type double");
  CHECK(error_of([&] { r.of<int>("nothing"); }) ==
        "the flow has no output \"f.nothing\"; it has \"f.out\", \"f.each\"");
  CHECK(error_of([&] { r.of<int>("each"); }).find("to::for_each") != std::string::npos);
  CHECK(error_of([&] { leat::test::run(flow, {.processes = 2, .threads = true}).finish(); }).find("one process") !=
        std::string::npos);

  leat::test::cluster c{flow, leat::test::seed(1)};
  c.keep("inp");
  CHECK(c.of<int>("out").empty());  // nothing has run yet
  c.advance(1s);
  CHECK(error_of([&] { c.feed("inp", {1}); }).find("already runs") != std::string::npos);
}

TEST_CASE("what a step throws reaches the test") {
  leat::flow flow{"bad"};
  std::vector<int> empty;
  flow.input("inp", forbidden{}) |
      leat::map("boom", [](int x) { return x == 2 ? throw std::runtime_error("two") : x; }) |
      leat::output("out", leat::to::collect(empty));
  CHECK_THROWS_AS(leat::test::run(flow, {.processes = 2}).feed("inp", {1, 2}).finish(), leat::run_error);
  leat::test::cluster c{flow, leat::test::seed(3)};
  c.feed("inp", {1, 2});
  CHECK_THROWS_AS(c.advance(0s), leat::run_error);
}

TEST_CASE("what came out before a failure can be looked at") {
  leat::flow flow{"bad"};
  std::vector<int> empty;
  leat::stream s = flow.input("inp", forbidden{});
  s | leat::map("boom", [](int x) { return x == 3 ? throw std::runtime_error("three") : x; }) |
      leat::output("out", leat::to::collect(empty));
  for (bool const threads : {false, true}) {
    CAPTURE(threads);
    leat::test::result const r =
        leat::test::run(flow, {.batch_size = 1, .threads = threads}).feed("inp", {1, 2, 3}).in_failure();
    CHECK(r.of<int>("out") == std::vector{1, 2});
    CHECK_THROWS_WITH_AS(r.rethrow(), doctest::Contains("three"), leat::run_error);
    CHECK(error_of([&] {
            leat::test::run(flow, {.threads = threads}).feed("inp", {1}).in_failure();
          }).find("was expected to fail") != std::string::npos);
  }
}

TEST_CASE("records are printed in failures") {
  std::vector<int> const numbers{1, 2};
  std::ostringstream text;
  text << leat::test::records<int>(numbers) << " " << leat::test::unordered(numbers) << " "
       << leat::test::per_key(pairs{{"a", 1}});
  CHECK(text.str() == "[1, 2] in any order [1, 2] in order per key [(a, 1)]");
}
