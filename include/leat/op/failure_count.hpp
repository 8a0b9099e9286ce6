// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>

#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <utility>

namespace leat::detail {

/// Counts the records that went to one step's errors stream, over the workers of a process. When the run ends it says on
/// standard error how many there were, and what was wrong with the first.
class failure_count {
 public:
  explicit failure_count(std::string step) : step_(std::move(step)) {}
  failure_count(failure_count const&) = delete;
  failure_count& operator=(failure_count const&) = delete;
  ~failure_count() {
    if (count_ == 0) return;
    std::string const line = concat({"leat: step \"", step_, "\" sent ", std::to_string(count_),
                                     count_ == 1 ? " record" : " records", " to its errors; the first: ", first_, "\n"});
    std::fputs(line.c_str(), stderr);
  }

  /// Any worker.
  void add(std::string const& error) {
    std::lock_guard const lock(mutex_);
    if (count_++ == 0) first_ = error;
  }

 private:
  std::string step_;
  std::mutex mutex_;
  std::uint64_t count_ = 0;
  std::string first_;
};

}  // namespace leat::detail
