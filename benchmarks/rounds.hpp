// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "measure.hpp"

#include <leat/from/source.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// Input in rounds between workers, two unless said: the next round begins when all of the one before have arrived.
namespace benchmark_rounds {

/// What a record goes by. A record of one's own has a `key_of` in its own namespace.
inline std::uint64_t key_of(std::uint64_t x) { return x; }

/// How many records have arrived at each worker, each on its own cache line, written by one thread only. It may lie
/// in memory that two processes share.
struct arrivals {
  struct alignas(64) counter {
    std::atomic<std::uint64_t> records{0};
    void add(std::size_t more) {
      records.store(records.load(std::memory_order_relaxed) + more, std::memory_order_release);
    }
  };
  static constexpr std::size_t most_workers = 16;
  std::array<counter, most_workers> at;
  std::size_t workers = 2;

  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i != workers; ++i) sum += at[i].records.load(std::memory_order_acquire);
    return sum;
  }
};

/// What is sent and when.
template <class T>
struct schedule {
  schedule(std::span<T const> sent, std::size_t each_round, int count, arrivals const& seen)
      : records(sent), per_round(each_round), rounds(static_cast<std::size_t>(count)), arrived(&seen) {}
  std::span<T const> records;  ///< over and over
  std::size_t per_round;       ///< by each worker
  std::size_t rounds;
  arrivals const* arrived;
};

template <class T>
class source {
 public:
  using record = T;
  explicit source(schedule<T> of) : of_(of) {}

  class part {
   public:
    explicit part(schedule<T> const& of) : of_(of) {}
    bool ready() const {
      return sent_ < (of_.arrived->total() / (of_.arrived->workers * of_.per_round) + 1) * of_.per_round;
    }
    /// The end of a round is seen by looking, not by being woken: the worker must not sleep.
    std::optional<leat::steady_time> next_awake() const { return leat::steady_time::max(); }
    bool next_batch(leat::emitter<T>& out) {
      if (!ready()) return true;
      std::size_t const at = sent_ % of_.records.size();
      std::size_t const left = std::min(of_.records.size() - at, of_.per_round - sent_ % of_.per_round);
      std::size_t const count = std::min<std::size_t>(at_once, left);
      out.batch(of_.records.data() + at, count);
      sent_ += count;
      return sent_ != of_.per_round * of_.rounds;
    }

   private:
    static constexpr std::size_t at_once = std::max<std::size_t>(1, 16 * 1024 / sizeof(T));
    schedule<T> of_;
    std::size_t sent_ = 0;
  };
  part build(leat::step_services const&) const { return part(of_); }

 private:
  schedule<T> of_;
};

/// Reads each record and counts it.
template <class T>
class sink {
 public:
  explicit sink(arrivals& arrived) : arrived_(&arrived) {}
  class part {
   public:
    explicit part(arrivals::counter& counter) : counter_(&counter) {}
    void write_batch(std::span<T const> records) {
      std::uint64_t sum = 0;
      for (T const& x : records) sum += key_of(x);
      measure::keep(sum);
      counter_->add(records.size());
    }

   private:
    arrivals::counter* counter_;
  };
  part build(leat::step_services const& services) const { return part(arrived_->at[services.worker_index()]); }

 private:
  arrivals* arrived_;
};

}  // namespace benchmark_rounds
