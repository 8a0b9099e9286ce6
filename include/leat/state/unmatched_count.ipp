// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/status_line.hpp>
#include <leat/state/unmatched_count.hpp>

#include <atomic>
#include <cstdint>
#include <string>

namespace leat::detail {

LEAT_INLINE unmatched_count::~unmatched_count() {
  std::uint64_t const keys = keys_.load(std::memory_order_relaxed);
  if (keys == 0) return;
  std::string const line = concat(
      {"leat: step \"", step_, "\": ", std::to_string(keys), keys == 1 ? " key" : " keys",
       " had no value on some side; ",
       passed_on_ ? "the rows came at the end"
                  : "what there was on the others was dropped (leat::join_emit::complete_and_rest passes it on)"});
  print_error_line(line);
}

}  // namespace leat::detail
