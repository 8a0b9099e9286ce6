// SPDX-License-Identifier: BSL-1.0
#include <leat/error.hpp>
#include <leat/route/peers/failure_detector.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using leat::detail::failure_detector;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// This process watches process 1, of two workers, and looks every second.
struct watch {
  std::vector<std::string> log_lines;
  leat::steady_time now{seconds(100)};
  failure_detector of{{seconds(5), seconds(15)}, 2, 2, [this](std::string const& line) { log_lines.push_back(line); }};

  watch() { of.look(now); }
  /// So many seconds pass in which nothing comes. True when it has been given up.
  bool silent_for(int count) {
    for (int i = 0; i != count; ++i) {
      now += seconds(1);
      of.look(now);
      try {
        of.judge(1, now);
      } catch (leat::cluster_error const& error) {
        log_lines.push_back(error.what());
        return true;
      }
    }
    return false;
  }
};

}  // namespace

TEST_CASE("a process that is silent is suspected, then lost") {
  watch w;
  CHECK_FALSE(w.silent_for(4));
  CHECK(w.log_lines.empty());
  CHECK_FALSE(w.silent_for(10));
  CHECK(w.log_lines == std::vector<std::string>{"leat: nothing has been heard of process 1 for 5 s"});
  CHECK(w.silent_for(1));
  CHECK(w.log_lines.back() == "process 1 was lost: nothing has been heard of it for 15 s");
}

TEST_CASE("a process that is heard of again is no longer suspected") {
  watch w;
  w.silent_for(14);
  w.of.heard(1, w.now);
  CHECK(w.log_lines.back() == "leat: process 1 is heard of again");
  CHECK_FALSE(w.silent_for(14));
  CHECK(w.silent_for(1));
}

TEST_CASE("time in which this process did not look is nobody's silence") {
  watch w;
  w.silent_for(3);
  w.now += seconds(1000);
  w.of.look(w.now);
  CHECK_NOTHROW(w.of.judge(1, w.now));
  CHECK(w.log_lines.empty());
  CHECK_FALSE(w.silent_for(11));
  CHECK(w.silent_for(1));
}

TEST_CASE("heartbeats are due at an interval, and the worker is awake for them") {
  watch w;
  CHECK(w.of.wake_at() == w.now + seconds(1));
  CHECK_FALSE(w.of.look(w.now + milliseconds(999)));
  CHECK(w.of.look(w.now + milliseconds(1000)));
  CHECK(w.of.wake_at() == w.now + milliseconds(2000));
  CHECK(failure_detector::limits{milliseconds(100), seconds(15)}.interval() == milliseconds(20));
}

TEST_CASE("a worker that stays in one turn is reported once; one that sleeps, or goes on, is not") {
  watch w;
  std::vector<std::uint64_t> turns{7, 8};  // the first is in a turn, the second sleeps
  auto const beat = [&] {
    w.now += seconds(1);
    w.of.heard(1, w.now);
    w.of.progress(1, turns, w.now);
  };
  for (int i = 0; i != 6; ++i) beat();
  std::string const stuck =
      "leat: process 1 is alive, but a function of the flow has not returned on its worker 2 for 5 s";
  CHECK(w.log_lines == std::vector<std::string>{stuck});
  for (int i = 0; i != 20; ++i) beat();
  CHECK(w.log_lines.size() == 1);
  turns[0] = 9;
  for (int i = 0; i != 5; ++i) beat();
  CHECK(w.log_lines.size() == 1);
  beat();
  CHECK(w.log_lines == std::vector<std::string>{stuck, stuck});
  for (int i = 0; i != 20; ++i) {
    turns[0] += 2;
    beat();
  }
  CHECK(w.log_lines.size() == 2);
}

TEST_CASE("without an end nobody is watched, and nothing is sent") {
  std::vector<std::string> lines;
  failure_detector of({seconds(5), std::chrono::nanoseconds::max()}, 2, 1,
                      [&](std::string const& line) { lines.push_back(line); });
  leat::steady_time const now{seconds(100)};
  CHECK_FALSE(of.look(now));
  CHECK(of.wake_at() == leat::detail::never);
  CHECK_NOTHROW(of.judge(1, now + seconds(1'000'000)));
  CHECK(lines.empty());
}
