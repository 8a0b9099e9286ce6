// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>
#include <leat/graph.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/mark_gate.hpp>
#include <leat/op/running/step_context.hpp>

#include "fixture/idle_worker_services.hpp"

#include <cstdint>
#include <stdexcept>
#include <vector>

using leat::detail::mark;
using leat::detail::mark_gate;
using leat::detail::mark_kind;

namespace {

/// What comes next: it notes each mark and the epoch that the step was in when it came.
struct next_step {
  explicit next_step(leat::detail::step_context const& from) : before(from) {}
  void arrive(mark arrived) {
    marks.push_back(arrived);
    epochs.push_back(before.epoch);
    if (fails) throw std::runtime_error("it cannot be flushed");
  }
  leat::detail::step_context const& before;
  std::vector<mark> marks;
  std::vector<std::uint64_t> epochs;
  bool fails = false;
};

struct a_step {
  leat::test::idle_worker_services worker{1};
  leat::detail::step_info described{"flat_map", "words"};
  leat::detail::step_context context{described, worker};
  next_step next{context};
  mark_gate gate;
};

}  // namespace

TEST_CASE("a gate holds a mark until it is passed, and the step is in the next epoch then") {
  a_step step;
  CHECK_FALSE(step.gate.holds());
  step.gate.arrive({mark_kind::barrier, 4});
  CHECK(step.gate.holds());
  CHECK_FALSE(step.gate.holds_last());
  CHECK(step.next.marks.empty());
  CHECK(step.context.epoch == 1);
  step.gate.pass(step.context, step.next);
  REQUIRE(step.next.marks.size() == 1);
  CHECK(step.next.marks[0].kind == mark_kind::barrier);
  CHECK(step.next.marks[0].epoch == 4);
  CHECK(step.context.epoch == 5);
  CHECK_FALSE(step.gate.holds());
  CHECK_FALSE(step.gate.done());
}

TEST_CASE("a gate is done with either last mark") {
  for (mark_kind const last : {mark_kind::end, mark_kind::stop}) {
    a_step step;
    step.gate.arrive({last, 2});
    CHECK(step.gate.holds_last());
    CHECK_FALSE(step.gate.done());
    step.gate.pass(step.context, step.next);
    CHECK(step.gate.done());
    CHECK_FALSE(step.gate.holds_last());
    CHECK(step.next.marks[0].kind == last);
  }
}

TEST_CASE(
    "a step is in the epoch that a mark closes until the mark has been handed on: what fails then is of that epoch") {
  a_step step;
  step.context.epoch = 6;
  step.gate.arrive({mark_kind::barrier, 6});
  step.next.fails = true;
  CHECK_THROWS_WITH(step.gate.pass(step.context, step.next), "it cannot be flushed");
  CHECK(step.next.epochs == std::vector<std::uint64_t>{6});
  CHECK(step.context.epoch == 6);
  CHECK_FALSE(step.gate.done());
}
