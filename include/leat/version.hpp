// SPDX-License-Identifier: BSL-1.0
#pragma once

/// The version of these headers, by the rules of semver.org. LEAT_VERSION_NUMBER is for `#if`: 1.2.3 is 10203.
#define LEAT_VERSION_MAJOR 0
#define LEAT_VERSION_MINOR 1
#define LEAT_VERSION_PATCH 0
#define LEAT_VERSION "0.1.0"
#define LEAT_VERSION_NUMBER (LEAT_VERSION_MAJOR * 10000 + LEAT_VERSION_MINOR * 100 + LEAT_VERSION_PATCH)

namespace leat {

/// The version of leat, as `0.1.0`.
inline constexpr char const* version = LEAT_VERSION;

}  // namespace leat
