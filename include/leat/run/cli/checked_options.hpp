// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/run/options.hpp>

namespace leat::detail {

/// A time longer than any run, and short enough to be added to any time.
inline constexpr std::chrono::nanoseconds longest_time = std::chrono::hours(24 * 365 * 100);

/// The options of a run, with times that can be calculated with. Throws flow_error for options that no run can have.
[[gnu::cold]] options checked(options settings);

/// Whether the number of a process is that of one of the processes there are.
[[gnu::cold]] void check_process(options const& options);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/cli/checked_options.ipp>
#endif
