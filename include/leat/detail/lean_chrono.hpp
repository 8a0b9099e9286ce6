// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Durations, points in time, clocks. `<chrono>` itself has the calendar besides, and string streams to print it: 8 %
/// of what all standard headers of a program cost. libstdc++ keeps what is wanted in a header of its own.
#if defined(__has_include) && __has_include(<bits/chrono.h>)
#include <bits/chrono.h>  // IWYU pragma: export
#else
#include <chrono>  // IWYU pragma: export
#endif
