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

LEAT_INLINE late_count::~late_count() {
  std::uint64_t const records = records_.load(std::memory_order_relaxed);
  if (records == 0) return;
  std::string const line = concat({"leat: step \"", step_, "\": ", std::to_string(records),
                                   records == 1 ? " late record was" : " late records were",
                                   " dropped, since nothing reads its stream .late"});
  print_error_line(line);
}

}  // namespace leat::detail
