// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/recovery_support.hpp>

namespace leat::detail {

LEAT_INLINE recovery_support& support_of_recovery() {
  static recovery_support support;
  return support;
}

}  // namespace leat::detail
