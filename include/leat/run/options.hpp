// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>

namespace leat {

/// How a flow is run.
struct options {
  /// Workers in this process. Each runs every step, on the records it owns.
  unsigned workers = 1;
  /// Length of an epoch; zero: a new epoch after each turn that brought records in.
  std::chrono::nanoseconds snapshot_interval = std::chrono::seconds(10);
  /// Records per batch; zero: as many as make 16 KiB.
  std::size_t batch_size = 0;
  /// How long a thread without work looks for some before it sleeps.
  std::chrono::nanoseconds spin = std::chrono::microseconds(20);
  /// A request here ends the run in order: the epoch is closed, sinks are flushed, `run` returns.
  std::stop_token stop = {};
  /// SIGINT and SIGTERM do the same; a second one ends the process at once.
  bool stop_on_signals = false;
};

}  // namespace leat
