// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/equal_to_itself.hpp>

#include <stdexcept>

namespace leat::detail {

[[gnu::noinline]] LEAT_INLINE void refuse_unequal_key() {
  throw std::domain_error(
      "the key is not equal to itself, so that its state would never be found again: a key must be, and NaN is not. "
      "Filter such records out before this step, or give them another key");
}

}  // namespace leat::detail
