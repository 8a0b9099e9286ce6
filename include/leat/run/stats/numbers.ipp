// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/stats/numbers.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace leat::detail {

LEAT_COLD std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

}  // namespace leat::detail
