// SPDX-License-Identifier: BSL-1.0
#include <leat/from/iterable.hpp>
#include <leat/op/enrich_cached.hpp>
#include <leat/op/map.hpp>
#include <leat/state/collect.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/fold_final.hpp>
#include <leat/state/join.hpp>
#include <leat/state/stateful_batch.hpp>
#include <leat/state/stateful_map.hpp>

#include "state/keyed.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using keyed::pairs;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Equal by both members, of which one may be NaN.
struct place {
  int floor = 0;
  double height = 0;

  auto operator<=>(place const&) const = default;
  friend std::string to_text(place const& p) { return std::to_string(p.floor) + "@" + std::to_string(p.height + 0.0); }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & floor & height;
  }
};

class batch_sum : public leat::stateful_logic<int, int, int> {
 public:
  explicit batch_sum(std::optional<int> before) : sum_(before.value_or(0)) {}
  leat::retention on_batch(std::span<int> values, leat::logic_results<int>& out) {
    for (int const x : values) out(sum_ += x);
    return leat::retention::retain;
  }
  int snapshot() const { return sum_; }

 private:
  int sum_;
};

auto summing() {
  return leat::stateful_map("sum", [](std::optional<int>& sum, int x) { return *(sum = sum.value_or(0) + x); });
}

/// Fifty good keys and one that is not equal to itself, through a step.
template <class K, class Step>
void is_refused(K const& good, K const& bad, Step step) {
  pairs<K, int> records(50, {good, 1});
  records.emplace(records.begin() + 30, bad, 1);
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    std::vector<int> got;
    leat::flow flow("nan");
    flow.input("in", leat::from::iterable(records)) | step() | leat::map([](auto const&) { return 1; }) |
        leat::output("out", leat::to::collect(got));
    std::string text;
    try {
      shape.run(flow, got);
    } catch (leat::run_error const& failure) {
      text = failure.what();
      CHECK(failure.step == "nan.sum");
    }
    CAPTURE(text);
    CHECK(text.find("step \"nan.sum\"") != std::string::npos);
    CHECK(text.find("the key is not equal to itself") != std::string::npos);
    CHECK(text.find("NaN") != std::string::npos);
  });
}

/// Keys that are equal but for the sign of zero meet one state.
template <class K>
void are_one(K const& negative, K const& positive) {
  REQUIRE(negative == positive);
  CHECK(leat::key_hash(negative) == leat::key_hash(positive));
  pairs<K, int> records;
  for (int i = 0; i != 20; ++i) records.emplace_back(i % 2 == 0 ? negative : positive, 1);
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    std::vector<std::uint64_t> got;
    leat::flow flow("zero");
    flow.input("in", leat::from::iterable(records)) |
        leat::count_final("count", [](std::pair<K, int> const& record) { return record.first; }) |
        leat::map([](std::pair<K, std::uint64_t> const& counted) { return counted.second; }) |
        leat::output("out", leat::to::collect(got));
    shape.run(flow, got);
    CHECK(got == std::vector<std::uint64_t>{20});
  });
}

/// What the run fails of; empty when it does not.
template <class T>
std::string failure_of(leat::test::shape const& shape, leat::flow const& flow, std::vector<T>& got) {
  try {
    shape.run(flow, got);
  } catch (leat::run_error const& failure) {
    return failure.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a key that is not equal to itself is refused by the step that would keep its state") {
  is_refused(1.0, not_a_number, [] { return summing(); });
  is_refused(1.0, not_a_number,
             [] { return leat::stateful_batch("sum", [](std::optional<int> before) { return batch_sum(before); }); });
  is_refused(1.0, not_a_number, [] { return leat::collect("sum", leat::max_age(std::chrono::hours(1)), 7); });
  is_refused(1.0, not_a_number, [] { return leat::reduce_final("sum", [](int a, int b) { return a + b; }); });
  is_refused(1.0, not_a_number, [] { return leat::max_final("sum"); });
  is_refused(1.0, not_a_number,
             [] { return leat::fold_final("sum", [] { return 0; }, [](int sum, int x) { return sum + x; }); });
}

TEST_CASE("a key that is not equal to itself is refused wherever the NaN stands in it") {
  using nested = std::pair<std::string, std::optional<std::tuple<float, int>>>;
  is_refused(nested{"a", std::tuple(1.0f, 2)}, nested{"a", std::tuple(std::numeric_limits<float>::quiet_NaN(), 2)},
             [] { return summing(); });
  is_refused(place{1, 2.0}, place{1, not_a_number}, [] { return summing(); });
  is_refused(place{1, 2.0}, place{1, not_a_number},
             [] { return leat::stateful_batch("sum", [](std::optional<int> before) { return batch_sum(before); }); });
}

TEST_CASE("join refuses a key that is not equal to itself") {
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    std::vector<int> got;
    leat::flow flow("nan");
    auto const side = [&](char const* name, double key) {
      return flow.input(name, leat::from::iterable(pairs<double, int>{{1.0, 1}, {key, 2}}));
    };
    leat::join("sum", side("left", 2.0), side("right", not_a_number)) | leat::map([](auto const&) { return 1; }) |
        leat::output("out", leat::to::collect(got));
    std::string const text = failure_of(shape, flow, got);
    CAPTURE(text);
    CHECK(text.find("step \"nan.sum\"") != std::string::npos);
    CHECK(text.find("the key is not equal to itself") != std::string::npos);
  });
}

TEST_CASE("a cache refuses a key that is not equal to itself") {
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    std::vector<int> got;
    leat::flow flow("nan");
    flow.input("in", leat::from::iterable(std::vector<double>{1.0, 2.0, not_a_number})) |
        leat::enrich_cached(
            "look up", [](double x) { return static_cast<int>(x); },
            [](leat::ttl_cache<double, int>& cache, double x) { return cache.get(x); }) |
        leat::output("out", leat::to::collect(got));
    std::string const text = failure_of(shape, flow, got);
    CAPTURE(text);
    CHECK(text.find("step \"nan.look up\"") != std::string::npos);
    CHECK(text.find("the key is not equal to itself") != std::string::npos);
  });
}

TEST_CASE("0.0 and -0.0 are one key, also inside a larger one") {
  are_one(-0.0, 0.0);
  are_one(-0.0f, 0.0f);
  are_one(std::pair(-0.0f, 1.0f), std::pair(0.0f, 1.0f));
  are_one(std::pair(-0.0, 1.0), std::pair(0.0, 1.0));
  are_one(std::pair(std::string("a"), -0.0), std::pair(std::string("a"), 0.0));
  are_one(std::tuple(1, std::optional(-0.0)), std::tuple(1, std::optional(0.0)));
  are_one(std::vector<double>{1.0, -0.0}, std::vector<double>{1.0, 0.0});
  are_one(std::vector<std::pair<double, double>>{{-0.0, 0.0}}, std::vector<std::pair<double, double>>{{0.0, -0.0}});
  are_one(std::chrono::duration<double>(-0.0), std::chrono::duration<double>(0.0));
  are_one(place{1, -0.0}, place{1, 0.0});
  are_one(std::pair(place{1, -0.0}, 1), std::pair(place{1, 0.0}, 1));
}
