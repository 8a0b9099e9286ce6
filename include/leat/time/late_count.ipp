// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/status_line.hpp>
#include <leat/time/late_count.hpp>

#include <atomic>
#include <cstdint>
#include <string>

namespace leat::detail {

LEAT_COLD late_count::~late_count() {
  std::uint64_t const behind = behind_.load(std::memory_order_relaxed);
  std::uint64_t const ahead = ahead_.load(std::memory_order_relaxed);
  std::uint64_t const undated = undated_.load(std::memory_order_relaxed);
  if (behind + ahead + undated == 0) return;
  std::string reasons;
  auto const append = [&](std::uint64_t count, char const* reason) {
    if (count != 0) reasons += concat({reasons.empty() ? "" : ", ", std::to_string(count), reason});
  };
  append(behind, " came too late");
  append(ahead, " had a time too far ahead of the clock");
  append(undated, " had no time");
  print_error_line(concat({"leat: step \"", step_, "\" left records out: ", reasons,
                           "; its stream late would have had them, and nothing reads it"}));
}

}  // namespace leat::detail
