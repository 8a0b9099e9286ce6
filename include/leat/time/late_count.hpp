// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace leat::detail {

/// Counts the late records of a step, over the workers of a process. When the run ends it says on standard error how
/// many there were that nobody has read.
class late_count {
 public:
  explicit late_count(std::string step) : step_(std::move(step)) {}
  late_count(late_count const&) = delete;
  late_count& operator=(late_count const&) = delete;
  ~late_count();

  /// Any worker.
  void add(std::uint64_t behind, std::uint64_t ahead, std::uint64_t undated, bool read) {
    all_.fetch_add(behind + ahead + undated, std::memory_order_relaxed);
    if (read) return;
    behind_.fetch_add(behind, std::memory_order_relaxed);
    ahead_.fetch_add(ahead, std::memory_order_relaxed);
    undated_.fetch_add(undated, std::memory_order_relaxed);
  }
  std::atomic<std::uint64_t> const& counted() const { return all_; }

 private:
  std::string step_;
  std::atomic<std::uint64_t> all_{0};
  std::atomic<std::uint64_t> behind_{0};  ///< these and the next: that nobody has read
  std::atomic<std::uint64_t> ahead_{0};
  std::atomic<std::uint64_t> undated_{0};
};

/// What the run's numbers call them.
inline constexpr char const* late_records = "late records";

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/late_count.ipp>
#endif
