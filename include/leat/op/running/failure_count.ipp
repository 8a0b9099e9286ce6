// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/op/running/failure_count.hpp>

#include <cstdio>
#include <mutex>
#include <string>

namespace leat::detail {

LEAT_INLINE failure_count::~failure_count() {
  if (count_ == 0) return;
  std::string const line =
      concat({"leat: step \"", step_, "\" sent ", std::to_string(count_), count_ == 1 ? " record" : " records",
              " to its errors; the first: ", shown(first_), "\n"});
  std::fputs(line.c_str(), stderr);
}

LEAT_INLINE void failure_count::add(std::string const& error) {
  std::lock_guard const lock(mutex_);
  if (count_++ == 0) first_ = error;
}

}  // namespace leat::detail
