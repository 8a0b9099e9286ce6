// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

namespace leat::detail {

/// Counts the keys of a join that had no value on some side when the input ended, over the workers of a process. When the
/// run ends it says on standard error how many there were, and what became of them.
class unmatched_count {
 public:
  unmatched_count(std::string step, bool passed_on) : step_(std::move(step)), passed_on_(passed_on) {}
  unmatched_count(unmatched_count const&) = delete;
  unmatched_count& operator=(unmatched_count const&) = delete;
  ~unmatched_count() {
    std::uint64_t const keys = keys_.load(std::memory_order_relaxed);
    if (keys == 0) return;
    std::string const line = concat(
        {"leat: step \"", step_, "\": ", std::to_string(keys), keys == 1 ? " key" : " keys", " had no value on some side; ",
         passed_on_ ? "the rows came at the end\n"
                    : "what there was on the others was dropped (leat::join_emit::complete_and_rest passes it on)\n"});
    std::fputs(line.c_str(), stderr);
  }

  /// Any worker.
  void add(std::uint64_t keys) { keys_.fetch_add(keys, std::memory_order_relaxed); }

 private:
  std::string step_;
  bool passed_on_;
  std::atomic<std::uint64_t> keys_{0};
};

}  // namespace leat::detail
