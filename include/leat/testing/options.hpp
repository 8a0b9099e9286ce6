// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/op/running/time_points.hpp>

#include <cstddef>
#include <cstdint>

namespace leat::test {

/// What decides the schedule of a simulation: which worker goes when, how long bytes travel, all chance.
class seed {
 public:
  /// Any number; each is another course of the run.
  explicit seed(std::uint64_t number) : value(number) {}
  /// The number.
  std::uint64_t value;
};

/// How a test runs a flow. Simulated, on the calling thread, in virtual time: no test needs threads or sleeps.
struct options {
  unsigned processes = 1;  ///< joined by simulated links
  unsigned workers = 1;    ///< in each process
  /// All chance of the simulation comes from it.
  std::uint64_t seed = 1;
  std::size_t batch_size = 0;  ///< records; zero: as in production
  /// Epochs end where the test says; also after this much virtual time.
  std::chrono::nanoseconds snapshot_interval = (std::chrono::nanoseconds::max)();
  /// The wall clock at the beginning.
  wall_time starts = wall_time(std::chrono::seconds(1767225600));  // 2026-01-01
  /// Real threads and real time instead, for one process.
  bool threads = false;
};

}  // namespace leat::test
