// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdlib>

namespace leat::detail {

/// A variable of the environment. One that is set to nothing counts as not set: that is how deployment templates spell
/// a value left out.
inline char const* environment(char const* name) {
  char const* const value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace leat::detail
