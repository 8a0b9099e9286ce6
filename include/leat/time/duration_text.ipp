// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/time/duration_text.hpp>
#include <leat/time/moment.hpp>

#include <cstdint>
#include <string>

namespace leat::detail {

LEAT_COLD std::string duration_text(std::chrono::nanoseconds duration) {
  if (duration == forever) return "forever";
  std::int64_t count = duration.count();
  if (count == 0) return "0s";
  struct unit {
    std::int64_t in_the_next;
    char const* name;
  };
  constexpr unit units[] = {{1000, "ns"}, {1000, "us"}, {1000, "ms"}, {60, "s"}, {60, "min"}, {24, "h"}, {0, "d"}};
  unit const* in = units;
  for (; in->in_the_next != 0 && count % in->in_the_next == 0; ++in) count /= in->in_the_next;
  return std::to_string(count) + in->name;
}

}  // namespace leat::detail
