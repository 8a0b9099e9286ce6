// SPDX-License-Identifier: BSL-1.0
// From a record to its result over two processes: the record is made in the first, counted by its key in the second,
// and the result comes back to the first; a record is made every half a millisecond. Against a bare TCP round trip with
// the same pace: workers that sleep against blocking reads, as they do by default and without looking for a while
// before, and workers that spin against reads that poll.
#include "measure.hpp"
#include "two_processes.hpp"

#include <leat/flow.hpp>
#include <leat/op/map.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/route/exchange/slot.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/run.hpp>
#include <leat/run/tcp.hpp>
#include <leat/to/output.hpp>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

constexpr std::size_t trips = 2000;
constexpr std::size_t warm_up = 200;
constexpr auto pause = std::chrono::microseconds(500);
constexpr std::size_t message_bytes = 40;

struct common_ground {
  std::array<double, trips> microseconds;
  double median() const {
    return measure::median(std::vector<double>(microseconds.begin() + warm_up, microseconds.end()));
  }
  double percentile_99() const {
    std::vector<double> latencies(microseconds.begin() + warm_up, microseconds.end());
    std::sort(latencies.begin(), latencies.end());
    return latencies[latencies.size() * 99 / 100];
  }
};

/// Microseconds from the making of the last record to its result.
class stopwatch {
 public:
  explicit stopwatch(common_ground& to) : to_(to) {}
  void start() { began_ = clock_type::now(); }
  void stop() {
    to_.microseconds[count_++] = std::chrono::duration<double, std::micro>(clock_type::now() - began_).count();
  }
  std::size_t count() const { return count_; }
  clock_type::time_point began() const { return began_; }

 private:
  common_ground& to_;
  clock_type::time_point began_ = clock_type::now();
  std::size_t count_ = 0;
};

void wait_until(clock_type::time_point due, bool spinning) {
  if (!spinning) std::this_thread::sleep_until(due);
  while (clock_type::now() < due) {
  }
}

void move_all(int socket, char* bytes, bool out) {
  for (std::size_t done = 0; done != message_bytes;) {
    ssize_t const moved = out ? ::send(socket, bytes + done, message_bytes - done, MSG_NOSIGNAL)
                              : ::recv(socket, bytes + done, message_bytes - done, 0);
    two_processes::check(moved > 0 || (moved < 0 && errno == EAGAIN), "a bare connection");
    if (moved > 0) done += static_cast<std::size_t>(moved);
  }
}

void by_hand(common_ground& ground, bool spinning) {
  auto const ends = two_processes::tcp_pair();
  if (spinning)
    for (int end : ends) ::fcntl(end, F_SETFL, O_NONBLOCK);
  two_processes::run([&](unsigned process) {
    std::array<char, message_bytes> message{};
    stopwatch watch(ground);
    for (std::size_t i = 0; i != trips; ++i) {
      if (process == 0) {
        wait_until(watch.began() + pause, spinning);
        watch.start();
        move_all(ends[0], message.data(), true);
        move_all(ends[0], message.data(), false);
        watch.stop();
      } else {
        move_all(ends[1], message.data(), false);
        move_all(ends[1], message.data(), true);
      }
    }
  });
  for (int end : ends) ::close(end);
}

/// One record at a time, on the first worker only. One whose result is late is waited for.
class one_at_a_time {
 public:
  using record = std::uint64_t;
  one_at_a_time(stopwatch& watch, std::uint64_t key) : watch_(&watch), key_(key) {}

  class part {
   public:
    part(stopwatch* watch, std::uint64_t key) : watch_(watch), key_(key) {}
    std::optional<leat::steady_time> next_awake() const {
      if (watch_ == nullptr) return std::nullopt;
      return std::max(watch_->began() + pause, looked_);
    }
    bool next_batch(leat::emitter<std::uint64_t>& out) {
      if (watch_ == nullptr || sent_ == trips) return false;
      if (sent_ > watch_->count()) {
        looked_ = clock_type::now() + pause / 5;
        return true;
      }
      ++sent_;
      watch_->start();
      out(key_);
      return true;
    }

   private:
    stopwatch* watch_;
    std::uint64_t key_;
    std::size_t sent_ = 0;
    clock_type::time_point looked_{};
  };
  part build(leat::step_services const& services) const {
    return part(services.worker_index() == 0 ? watch_ : nullptr, key_);
  }

 private:
  stopwatch* watch_;
  std::uint64_t key_;
};

/// A key that the worker owns.
std::uint64_t key_of_worker(unsigned worker) {
  std::uint64_t key = 0;
  while (leat::slot_ownership(2).owner(leat::slot_of(leat::key_hash(key))) != worker) ++key;
  return key;
}

void by_leat(common_ground& ground, std::chrono::nanoseconds spin) {
  auto const addresses = two_processes::addresses();
  std::uint64_t const here = key_of_worker(0);
  std::uint64_t const there = key_of_worker(1);
  two_processes::run([&](unsigned process) {
    stopwatch watch(ground);
    leat::flow flow("round trip");
    flow.input("in", one_at_a_time(watch, there)) |
        leat::redistribute("there", leat::by([](std::uint64_t x) { return x; })) |
        leat::map([here](std::uint64_t) { return here; }) |
        leat::redistribute("back", leat::by([](std::uint64_t x) { return x; })) |
        leat::output("out", leat::to::for_each([&watch](std::uint64_t) { watch.stop(); }));
    leat::options options;
    options.spin = spin;
    options.addresses = addresses;
    options.process = process;
    leat::run(flow, options);
  });
}

void compare(char const* workload, bool spinning, std::chrono::nanoseconds spin) {
  constexpr int rounds = 7;
  std::vector<double> hand;
  std::vector<double> ours;
  std::vector<double> ratios;
  std::vector<double> tails;
  for (int round = 0; round != rounds; ++round) {
    two_processes::shared<common_ground> ground;
    by_hand(*ground, spinning);
    hand.push_back(ground->median());
    by_leat(*ground, spin);
    ours.push_back(ground->median());
    tails.push_back(ground->percentile_99());
    ratios.push_back(ours.back() / hand.back());
  }
  double const ratio = measure::median(ratios);
  std::printf(
      "%s\n  bare round trip                p50 %7.1f us\n  leat                           p50 %7.1f us   p99 %7.1f us"
      "   ratio of p50 %5.2f   goal 1.50: %s\n",
      workload, measure::median(hand), measure::median(ours), measure::median(tails), ratio,
      ratio <= 1.5 ? "met" : "MISSED");
  std::fflush(stdout);
}

}  // namespace

int main() {
  compare("record to result over two processes, workers that sleep, by default", false, leat::options().spin);
  compare("record to result over two processes, workers that sleep at once", false, std::chrono::seconds(0));
  compare("record to result over two processes, workers that spin", true, std::chrono::seconds(10));
}
