// SPDX-License-Identifier: BSL-1.0
#include <leat/op/fused/fused_op.hpp>

#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/fused/kernel.hpp>
#include <leat/op/fused/tail.hpp>
#include <leat/run/run.hpp>
#include <leat/text.hpp>

#include <concepts>
#include <string>
#include <utility>
#include <vector>

namespace {

using leat::detail::op_shape;

/// One step of each shape and an end, with what the loop needs of them and nothing else.
struct add_one {
  using in = int;
  using out = long;
  static constexpr op_shape shape = op_shape::one_to_one;
  template <class X>
  static constexpr bool accepts = std::same_as<X, int>;
  long operator()(int record) const { return record + 1; }
};
struct even {
  using in = long;
  using out = long;
  static constexpr op_shape shape = op_shape::filter;
  template <class X>
  static constexpr bool accepts = std::same_as<X, long>;
  bool operator()(long record) const { return record % 2 == 0; }
};
struct twice {
  using in = long;
  using out = long;
  static constexpr op_shape shape = op_shape::expand;
  template <class X>
  static constexpr bool accepts = std::same_as<X, long>;
  template <class Next>
  void operator()(long record, Next const& next) const {
    next(record);
    next(-record);
  }
};
static_assert(leat::detail::fused_op<add_one> && leat::detail::fused_op<even> && leat::detail::fused_op<twice>);
static_assert(!leat::detail::fused_op<int>);

class kept_by_test {
 public:
  template <class U>
  static constexpr bool arrays = false;

  template <class RunEnd>
  kept_by_test(RunEnd const& run_end, leat::detail::worker_builder&, leat::detail::node const&) : seen_(run_end.seen) {}
  void push(long record) { seen_->push_back(record); }
  void finish_batch() { ++batches_; }
  void arrive(leat::detail::mark arrived) {
    if (arrived.last()) seen_->push_back(batches_ == 0 ? -1 : 0);
  }
  void advance(leat::detail::stream_time) {}
  bool ready() { return true; }

 private:
  std::vector<long>* seen_;
  int batches_ = 0;
};
struct keep_for_test {
  using tail = kept_by_test;
  std::vector<long>* seen;
};
static_assert(leat::detail::fused_tail<kept_by_test, long>);
static_assert(!leat::detail::fused_tail<kept_by_test, std::vector<long>>);
static_assert(leat::detail::fused_run_end<keep_for_test>);
static_assert(!leat::detail::fused_run_end<int>);

/// A source of one worker, so that all records come to one tail.
template <class Steps>
std::string seen_behind(Steps steps) {
  std::vector<long> seen;
  leat::flow flow("smallest");
  leat::detail::finish(steps(flow.input("in", leat::from::range(5))), keep_for_test{&seen},
                       leat::detail::step_info("output", leat::step_name("end")));
  leat::run(flow, {.workers = 1});
  return leat::text(seen);
}

}  // namespace

TEST_CASE("fused steps: what the loop asks of a step and of its end is enough for each shape, alone and together") {
  int steps = 0;
  auto const step = [&] { return leat::detail::step_info("test", leat::step_name(std::to_string(++steps))); };
  auto const increased = [&](auto up) { return leat::detail::append<long>(std::move(up), add_one(), step()); };
  auto const filtered = [&](auto up) { return leat::detail::append<long>(std::move(up), even(), step()); };
  auto const doubled = [&](auto up) { return leat::detail::append<long>(std::move(up), twice(), step()); };

  CHECK(seen_behind(increased) == "[1, 2, 3, 4, 5, 0]");
  CHECK(seen_behind([&](auto up) { return filtered(increased(std::move(up))); }) == "[2, 4, 0]");
  CHECK(seen_behind([&](auto up) { return doubled(increased(std::move(up))); }) ==
        "[1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 0]");
  CHECK(seen_behind([&](auto up) { return doubled(filtered(doubled(filtered(increased(std::move(up)))))); }) ==
        "[2, -2, -2, 2, 4, -4, -4, 4, 0]");
}
