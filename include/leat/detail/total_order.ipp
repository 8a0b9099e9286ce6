// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/total_order.hpp>

#include <stdexcept>

namespace leat::detail {

[[gnu::noinline]] LEAT_INLINE void refuse_without_order() {
  throw std::domain_error(
      "two values are neither less nor greater than one another, nor equal, so that none of them is the greatest or "
      "the least: a member that is NaN is like that. Compare by a function that returns the member itself");
}

}  // namespace leat::detail
