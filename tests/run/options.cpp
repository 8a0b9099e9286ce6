// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/leat.hpp>

#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

constexpr auto longest = std::chrono::nanoseconds::max();

/// What a run with these options is refused with; empty when it gives what it should.
std::string refusal_of(leat::options const& options) {
  std::vector<int> got;
  leat::flow flow("numbers");
  flow.input("in", leat::from::range(3)) | leat::output("out", leat::to::collect(got));
  try {
    leat::run(flow, options);
  } catch (leat::flow_error const& refused) {
    return refused.what();
  }
  CHECK(got == std::vector<int>{0, 1, 2});
  return "";
}

}  // namespace

TEST_CASE("options: the longest times there are, and none") {
  for (std::chrono::nanoseconds const time : {longest, longest - 1ns, 0ns}) {
    CHECK(refusal_of({.snapshot_interval = time}) == "");
    CHECK(refusal_of({.spin = time == longest ? 1ns : time / 1'000'000'000'000}) == "");
    CHECK(refusal_of({.formation_timeout = time}) == "");
    CHECK(refusal_of({.suspect_after = time, .dead_after = time}) == "");
  }
}

TEST_CASE("options: what makes no sense is refused, by its name") {
  CHECK(refusal_of({.snapshot_interval = -1ns}) ==
        "options::snapshot_interval is negative: it is how long something lasts");
  CHECK(refusal_of({.spin = std::chrono::nanoseconds::min()}).starts_with("options::spin is negative"));
  CHECK(refusal_of({.formation_timeout = -5s}).starts_with("options::formation_timeout is negative"));
  CHECK(refusal_of({.suspect_after = -5s}).starts_with("options::suspect_after is negative"));
  CHECK(refusal_of({.dead_after = -5s}).starts_with("options::dead_after is negative"));
  CHECK(refusal_of({.workers = 0}) == "options::workers is 0: 1 at least");
  CHECK(refusal_of({.workers = 1025}) == "options::workers is 1025: 1024 at most, in each process");
  CHECK(refusal_of({.workers = std::numeric_limits<unsigned>::max()}).starts_with("options::workers is 4294967295"));
}

TEST_CASE("options: the number of a process that there is not") {
  CHECK(refusal_of({.process = 1}).starts_with("this is process 1, but there are no addresses"));
  CHECK(refusal_of({.addresses = {"here:2101"}, .process = 1}) ==
        "this is process 1, but there are only 1 addresses; the first process is process 0");
  CHECK(refusal_of({.addresses = {"here:2101"}}) == "");
}

TEST_CASE("options: more workers in all than have a number in a frame are refused") {
  std::vector<std::string> const many(65, "here:2101");
  CHECK(refusal_of({.workers = 1024, .addresses = many}) ==
        "options::workers is 1024: 65 processes have 66560 then, and 65536 in all are the most there can be");
}

TEST_CASE("times of steps and sources that are longer than time itself") {
  CHECK(leat::detail::saturated_nanoseconds(std::chrono::hours::max()) == longest);
  CHECK(leat::detail::saturated_nanoseconds(std::chrono::hours::min()) == std::chrono::nanoseconds::min());
  CHECK(leat::detail::saturated_nanoseconds(std::chrono::duration<double>(std::nan(""))) == longest);
  CHECK(leat::detail::saturated_nanoseconds(1500us) == 1'500'000ns);
  CHECK(leat::detail::saturated_nanoseconds(std::chrono::duration<double>(1.5)) == 1500ms);

  std::vector<int> got;
  leat::flow flow("patient");
  auto within_reach = [n = 0]() mutable {
    if (++n == 1) throw leat::retry_after(-1ns);
    if (n == 2) throw leat::retry_after(0ns);
    if (n == 3) throw leat::from::end_of_input();
    return n;
  };
  flow.input("polled", leat::from::poll(longest, within_reach)) | leat::output("polled out", leat::to::collect(got));
  flow.input("in", leat::from::range(3)) |
      leat::async_map([](int n) -> leat::task<int> { co_return n; }, leat::within(std::chrono::hours::max())) |
      leat::output("out", leat::to::collect(got));
  leat::run(flow);
  CHECK(got == std::vector<int>{0, 1, 2});
}
