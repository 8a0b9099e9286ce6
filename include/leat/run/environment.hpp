// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace leat::detail {

/// A variable of the environment. One that is set to nothing counts as not set: that is how deployment templates spell
/// a value left out.
char const* environment(char const* name);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/environment.ipp>
#endif
