// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/detail/status_line.hpp>
#include <leat/op/running/failure_count.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace leat::detail {

LEAT_INLINE failure_count::~failure_count() {
  std::uint64_t const count = count_.load(std::memory_order_relaxed);
  if (count == 0) return;
  std::string const line = concat({"leat: step \"", step_, "\" sent ", std::to_string(count),
                                   count == 1 ? " record" : " records", " to its errors; the first: ", shown(first_)});
  print_error_line(line);
}

LEAT_INLINE void failure_count::add(std::string const& error) {
  std::lock_guard const lock(mutex_);
  if (count_.fetch_add(1, std::memory_order_relaxed) == 0) first_ = error;
}

}  // namespace leat::detail
