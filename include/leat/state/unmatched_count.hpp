// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace leat::detail {

/// Counts the keys of a join that had no value on some side when the input ended, over the workers of a process. When
/// the run ends it says on standard error how many there were, and what became of them.
class unmatched_count {
 public:
  unmatched_count(std::string step, bool passed_on) : step_(std::move(step)), passed_on_(passed_on) {}
  unmatched_count(unmatched_count const&) = delete;
  unmatched_count& operator=(unmatched_count const&) = delete;
  ~unmatched_count();

  /// Any worker.
  void add(std::uint64_t keys) { keys_.fetch_add(keys, std::memory_order_relaxed); }
  std::atomic<std::uint64_t> const& counted() const { return keys_; }

 private:
  std::string step_;
  bool passed_on_;
  std::atomic<std::uint64_t> keys_{0};
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/state/unmatched_count.ipp>
#endif
