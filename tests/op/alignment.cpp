// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/alignment.hpp>
#include <leat/op/running/mark.hpp>

#include "fixture/idle_worker_services.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using leat::detail::alignment;
using leat::detail::mark;
using leat::detail::mark_kind;

namespace {

constexpr mark barrier(std::uint64_t epoch) { return {mark_kind::barrier, epoch}; }
constexpr mark stop(std::uint64_t epoch) { return {mark_kind::stop, epoch}; }
constexpr mark end(std::uint64_t epoch) { return {mark_kind::end, epoch}; }

bool same(mark a, mark b) { return a.kind == b.kind && a.epoch == b.epoch; }

/// The marks that have passed, and whether each input is held.
class aligned {
 public:
  explicit aligned(std::size_t inputs) : of_(inputs, step_, worker_), inputs_(inputs) {}

  /// Whether the mark was the last that was missing.
  bool arrive(std::size_t input, mark arrived) {
    mark passes;
    bool const complete = of_.arrive(input, arrived, passes);
    if (complete) passed.push_back(passes);
    return complete;
  }
  bool held(std::size_t input) const { return of_.held(input); }
  bool all_held() const {
    for (std::size_t i = 0; i != inputs_; ++i)
      if (!held(i)) return false;
    return true;
  }

  std::vector<mark> passed;

 private:
  leat::detail::step_info step_{"merge", "both"};
  leat::test::idle_worker_services worker_{1};
  alignment of_;
  std::size_t inputs_;
};

/// What each input brings, in its order.
using inputs = std::vector<std::vector<mark>>;

/// Lets the inputs bring their marks in every order that what is held leaves, and calls `check(aligned, all were read)`
/// at the end of each; how many there were. `path` holds the inputs that have brought one so far.
template <class Check>
std::size_t in_every_order(inputs const& lists, std::vector<std::size_t>& path, Check const& check) {
  aligned so_far(lists.size());
  std::vector<std::size_t> read(lists.size());
  for (std::size_t input : path) so_far.arrive(input, lists[input][read[input]++]);
  std::size_t orders = 0;
  for (std::size_t i = 0; i != lists.size(); ++i) {
    if (read[i] == lists[i].size() || so_far.held(i)) continue;
    path.push_back(i);
    orders += in_every_order(lists, path, check);
    path.pop_back();
  }
  if (orders != 0) return orders;
  bool all_read = true;
  for (std::size_t i = 0; i != lists.size(); ++i) all_read = all_read && read[i] == lists[i].size();
  check(so_far, all_read);
  return 1;
}

}  // namespace

TEST_CASE("one input alone: every mark passes at once, and only the last one holds it") {
  aligned in(1);
  CHECK_FALSE(in.held(0));
  CHECK(in.arrive(0, barrier(1)));
  CHECK_FALSE(in.held(0));
  CHECK(in.arrive(0, barrier(2)));
  CHECK(in.arrive(0, end(3)));
  CHECK(in.held(0));
  REQUIRE(in.passed.size() == 3);
  CHECK(same(in.passed[0], barrier(1)));
  CHECK(same(in.passed[1], barrier(2)));
  CHECK(same(in.passed[2], end(3)));
}

TEST_CASE("an input that has brought its barrier is held until the others have brought theirs") {
  aligned in(3);
  CHECK_FALSE(in.arrive(1, barrier(1)));
  CHECK(in.held(1));
  CHECK_FALSE(in.held(0));
  CHECK_FALSE(in.arrive(0, barrier(1)));
  CHECK(in.held(0));
  CHECK_FALSE(in.held(2));
  CHECK(in.arrive(2, barrier(1)));
  for (std::size_t i = 0; i != 3; ++i) CHECK_FALSE(in.held(i));
  CHECK(same(in.passed.back(), barrier(1)));
}

TEST_CASE("inputs that close different epochs are refused by a sentence that names the step") {
  for (mark const second : {barrier(5), end(5), stop(8)}) {
    aligned in(2);
    in.arrive(0, barrier(7));
    try {
      in.arrive(1, second);
      FAIL("it was let through");
    } catch (leat::run_error const& error) {
      CAPTURE(error.what());
      CHECK(std::string(error.what()).find("step \"both\" (merge, ") == 0);
      CHECK(std::string(error.what())
                .find("its input 1 closed epoch " + std::to_string(second.epoch) + " while another closed epoch 7") !=
            std::string::npos);
    }
    CHECK(in.passed.empty());
  }
}

TEST_CASE("the first epoch may have any number: a run that goes on begins where the one before it was") {
  aligned in(2);
  in.arrive(1, barrier(41));
  CHECK(in.arrive(0, barrier(41)));
  in.arrive(0, barrier(42));
  CHECK(in.arrive(1, end(42)));
  CHECK(in.arrive(0, end(43)));
  CHECK(same(in.passed.back(), end(43)));
}

TEST_CASE("an input that has ended counts as every later barrier of the others") {
  aligned in(2);
  CHECK_FALSE(in.arrive(0, end(1)));
  CHECK(in.held(0));
  CHECK(in.arrive(1, barrier(1)));
  CHECK(in.held(0));
  CHECK_FALSE(in.held(1));
  CHECK(in.arrive(1, barrier(2)));
  CHECK(in.arrive(1, end(3)));
  CHECK(in.all_held());
  REQUIRE(in.passed.size() == 3);
  CHECK(same(in.passed[0], barrier(1)));
  CHECK(same(in.passed[1], barrier(2)));
  CHECK(same(in.passed[2], end(3)));
}

TEST_CASE("one input that was stopped makes the last mark a stop, whichever comes last") {
  for (bool const stop_first : {true, false}) {
    CAPTURE(stop_first);
    aligned in(2);
    in.arrive(0, stop_first ? stop(4) : end(4));
    CHECK(in.passed.empty());
    in.arrive(1, stop_first ? end(4) : stop(4));
    REQUIRE(in.passed.size() == 1);
    CHECK(same(in.passed[0], stop(4)));
  }
}

TEST_CASE("a stop of one input is only a barrier while another goes on") {
  aligned in(2);
  in.arrive(0, stop(2));
  CHECK(in.arrive(1, barrier(2)));
  CHECK(in.arrive(1, barrier(3)));
  CHECK(in.arrive(1, end(4)));
  REQUIRE(in.passed.size() == 3);
  CHECK(same(in.passed[0], barrier(2)));
  CHECK(same(in.passed[1], barrier(3)));
  CHECK(same(in.passed[2], stop(4)));
}

TEST_CASE("in whatever order marks come: each epoch passes once, in order, and nobody waits for ever") {
  // How many epochs each of three inputs closes before its last mark, which closes one more.
  std::size_t orders = 0;
  for (std::uint64_t a = 0; a != 4; ++a)
    for (std::uint64_t b = 0; b != 3; ++b)
      for (std::uint64_t c = 0; c != 3; ++c) {
        inputs lists(3);
        std::uint64_t longest = 0;
        std::uint64_t const epochs[] = {a, b, c};
        for (std::size_t i = 0; i != 3; ++i) {
          for (std::uint64_t epoch = 1; epoch <= epochs[i]; ++epoch) lists[i].push_back(barrier(epoch));
          lists[i].push_back(end(epochs[i] + 1));
          longest = std::max(longest, epochs[i] + 1);
        }
        std::vector<std::size_t> path;
        orders += in_every_order(lists, path, [&](aligned const& in, bool all_read) {
          bool as_it_should = all_read && in.all_held() && in.passed.size() == longest;
          for (std::size_t i = 0; as_it_should && i != longest; ++i)
            as_it_should = same(in.passed[i], i + 1 == longest ? end(longest) : barrier(i + 1));
          if (!as_it_should) FAIL("the marks are not what they should be: ", a, ' ', b, ' ', c);
        });
      }
  CHECK(orders > 1000);
}
