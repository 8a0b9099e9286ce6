// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/testing.hpp>
#include <leat/time.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

using count = leat::in_window<std::uint64_t>;
using result = std::pair<int, leat::in_window<count>>;

std::chrono::seconds time_of(int second) { return std::chrono::seconds(second); }

leat::flow counts_and_greatest() {
  leat::flow flow("counts and greatest");
  leat::stream dated = flow.input("in", leat::from::iterable(std::vector<int>())) |
                       leat::event_time("dated", time_of, leat::late_by(0s), leat::credible(leat::forever));
  leat::stream counts = dated | leat::count_window("count", leat::stream_clock(time_of), leat::tumbling(10s),
                                                   [](int second) { return second % 2; });
  counts | leat::max_window("greatest", leat::stream_clock(&count::at), leat::tumbling(100s), &count::value) |
      leat::output("out", leat::to::out());
  return flow;
}

}  // namespace

// A worker that had heard of the end of one input and of the idleness of the others said that it was idle itself, with
// windows still open: the time of another one went on without it, and its results were late.
TEST_CASE("windows behind windows: no result is late, whichever worker hears of the time first") {
  std::vector<int> seconds;
  for (int i = 0; i != 300; ++i) seconds.push_back(i);
  leat::flow const flow = counts_and_greatest();
  for (std::uint64_t seed = 1; seed != 60; ++seed) {
    CAPTURE(seed);
    leat::test::result const done =
        leat::test::run(flow, {.processes = 1 + static_cast<unsigned>(seed % 2), .workers = 2, .seed = seed})
            .feed("in", seconds);
    CHECK(done.of<result>("out").size() == 6);
  }
}
