// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>

/// The times of a worker's two clocks.
namespace leat {

/// A time that never goes back: for waiting and for durations.
using steady_time = std::chrono::steady_clock::time_point;
/// A time of the day.
using wall_time = std::chrono::system_clock::time_point;

namespace detail {

inline constexpr steady_time never = (steady_time::max)();

}  // namespace detail
}  // namespace leat
