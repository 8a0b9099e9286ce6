// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace leat::detail {

/// Counts the late records of a step whose `late` stream nobody reads, over the workers of a process. When the run ends
/// it says on standard error how many there were.
class late_count {
 public:
  explicit late_count(std::string step) : step_(std::move(step)) {}
  late_count(late_count const&) = delete;
  late_count& operator=(late_count const&) = delete;
  ~late_count();

  /// Any worker.
  void add(std::uint64_t records) { records_.fetch_add(records, std::memory_order_relaxed); }
  std::atomic<std::uint64_t> const& counted() const { return records_; }

 private:
  std::string step_;
  std::atomic<std::uint64_t> records_{0};
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/late_count.ipp>
#endif
