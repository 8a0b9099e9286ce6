// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/window_info.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace leat::detail {

/// Late records, by reason.
struct late_counts {
  std::uint64_t behind = 0;
  std::uint64_t ahead = 0;
  std::uint64_t undated = 0;

  void add(late_reason why) {
    behind += why == late_reason::behind ? 1u : 0u;
    ahead += why == late_reason::ahead ? 1u : 0u;
    undated += why == late_reason::undated ? 1u : 0u;
  }
  std::uint64_t all() const { return behind + ahead + undated; }
};

/// Counts the late records of a step, over the workers of a process. When the run ends it says on standard error how
/// many there were that nobody has read.
class late_count {
 public:
  explicit late_count(std::string step) : step_(std::move(step)) {}
  late_count(late_count const&) = delete;
  late_count& operator=(late_count const&) = delete;
  ~late_count();

  /// Any worker.
  void add(late_counts const& records, bool read) {
    all_.fetch_add(records.all(), std::memory_order_relaxed);
    if (read) return;
    behind_.fetch_add(records.behind, std::memory_order_relaxed);
    ahead_.fetch_add(records.ahead, std::memory_order_relaxed);
    undated_.fetch_add(records.undated, std::memory_order_relaxed);
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
