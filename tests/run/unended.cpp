// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/leat.hpp>

#include "op/flows.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace {

int same(int n) { return n; }
bool odd(int n) { return n % 2 == 1; }

auto numbers() { return flows::dealt<int>({1, 2, 3}); }

/// What a run of the flow is refused with, besides an output that is as it should be. Nothing comes to that one.
template <class Describe>
std::string refusal_of(Describe describe) {
  std::vector<int> got;
  leat::flow flow("test");
  flow.input("numbers", numbers()) | leat::output("out", leat::to::collect(got));
  describe(flow);
  try {
    leat::run(flow);
  } catch (leat::flow_error const& refused) {
    CHECK(got.empty());
    return refused.what();
  }
  return "";
}

void says(std::string const& refusal, std::string const& step) {
  CHECK_MESSAGE(refusal.starts_with("nothing follows step \"" + step + "\" ("), refusal);
  CHECK(refusal.ends_with("so its records would be lost: end the stream with | output(name, sink)"));
}

std::pair<int, int> same_pair(std::pair<int, int> const& pair) { return pair; }

}  // namespace

TEST_CASE("unended: a stream that nothing follows is refused, by its last step") {
  says(refusal_of([](leat::flow& flow) { flow.input("unread", numbers()); }), "test.unread");
  says(refusal_of([](leat::flow& flow) {
         leat::stream<int> sealed = flow.input("in", numbers()) | leat::map("first", same) | leat::map("last", same);
         static_cast<void>(sealed);
       }),
       "test.last");
  says(refusal_of([](leat::flow& flow) {
         flow.input("in", numbers()) | leat::key_on(same) | leat::reduce_final("sum", std::plus<>());
       }),
       "test.sum");
  says(refusal_of([](leat::flow& flow) {
         auto in = flow.input("in", numbers());
         leat::merge("both", in, in);
       }),
       "test.both");
  says(refusal_of([](leat::flow& flow) {
         auto sides = flow.input("in", numbers()) | leat::branch("side", odd);
         static_cast<void>(sides);
       }),
       "test.side");
}

TEST_CASE("unended: a stream that still fuses when it is dropped is refused too") {
  says(refusal_of([](leat::flow& flow) {
         auto dropped = flow.input("in", numbers()) | leat::map("first", same) | leat::filter("last", odd);
       }),
       "test.last");
  says(refusal_of([](leat::flow& flow) {
         auto in = flow.input("in", numbers());
         auto inside = [](auto s) { auto dropped = std::move(s) | leat::map("dropped", same); };
         leat::compose("mine", inside, in);
       }),
       "test.mine.dropped");
  auto kept = [](leat::flow& flow) { return flow.input("in", numbers()) | leat::map("first", same); };
  leat::flow flow("test");
  auto alive = kept(flow);
  std::vector<int> got;
  CHECK_THROWS_AS(leat::run(flow), leat::flow_error);
  std::move(alive) | leat::output("out", leat::to::collect(got));
  leat::run(flow);
  CHECK(got == std::vector<int>{1, 2, 3});
}

TEST_CASE("unended: every way to end a stream, and one that goes on under several names") {
  CHECK(refusal_of([](leat::flow& flow) { flow.input("in", numbers()) | leat::inspect("look", [](int) {}); }) == "");
  CHECK(refusal_of([](leat::flow& flow) {
          flow.input("in", numbers()) | leat::filter([](int) { return false; }) | leat::raises();
        }) == "");
  CHECK(refusal_of([](leat::flow& flow) {
          auto first = flow.input("in", numbers()) | leat::map(same);
          auto second = std::move(first) | leat::map(same);
          second | leat::output("one", leat::to::for_each([](int) {}));
          second | leat::filter(odd) | leat::output("two", leat::to::for_each([](int) {}));
        }) == "");
  CHECK(refusal_of([](leat::flow& flow) {
          auto [odds, evens] = flow.input("in", numbers()) | leat::branch(odd);
          odds | leat::output("odd", leat::to::for_each([](int) {}));
        }) == "");
}

TEST_CASE("several streams: those of two flows are refused, and one that was moved away") {
  leat::flow first("first");
  leat::flow second("second");
  auto a = first.input("a", numbers()) | leat::key_on(same);
  auto b = second.input("b", numbers()) | leat::key_on(same);
  CHECK_THROWS_WITH_AS(leat::join("both", a, b), doctest::Contains("join \"both\" ("), leat::flow_error);
  CHECK_THROWS_WITH_AS(leat::join("both", a, b), doctest::Contains("two flows, \"first\" and \"second\""),
                       leat::flow_error);
  CHECK_THROWS_WITH_AS(leat::merge(a, b), doctest::Contains("two flows"), leat::flow_error);
  auto merged = [](auto first_input, auto other) { return leat::merge(first_input, other); };
  CHECK_THROWS_WITH_AS(leat::compose("mine", merged, a, b), doctest::Contains("compose \"mine\" ("), leat::flow_error);
  auto moved = std::move(a) | leat::map(same_pair);
  CHECK_THROWS_WITH_AS(leat::join("again", moved, a), doctest::Contains("used after it had been moved"),
                       leat::flow_error);
}
