// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace leat::detail {

/// Counts the records that went to one step's errors stream, over the workers of a process. When the run ends it says
/// on standard error how many there were, and what was wrong with the first.
class failure_count {
 public:
  explicit failure_count(std::string step) : step_(std::move(step)) {}
  failure_count(failure_count const&) = delete;
  failure_count& operator=(failure_count const&) = delete;
  ~failure_count();

  /// Any worker.
  void add(std::string const& error);
  /// Any thread may read it.
  std::atomic<std::uint64_t> const& counted() const { return count_; }

 private:
  std::string step_;
  std::mutex mutex_;
  std::atomic<std::uint64_t> count_{0};  ///< changed under the lock
  std::string first_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/op/running/failure_count.ipp>
#endif
