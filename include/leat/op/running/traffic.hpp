// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace leat::detail {

/// A number that one thread changes and any thread reads. To add is a load, an addition and a store: no locked
/// instruction, since nobody else writes.
class counter {
 public:
  void add(std::uint64_t more) { set(value() + more); }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// What has gone along one way of a worker's: counted once a batch.
class traffic {
 public:
  void pass(std::size_t count) {
    records.add(count);
    batches.add(1);
  }

  counter records;
  counter batches;
};

/// What a source tells of how far it is.
struct source_counters {
  counter skipped;      ///< records that it left out
  counter bytes_read;   ///< of files whose size is known
  counter bytes_known;  ///< the sizes of those
};

}  // namespace leat::detail
