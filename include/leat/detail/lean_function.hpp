// SPDX-License-Identifier: BSL-1.0
#pragma once

/// `std::function`. `<functional>` itself has hash tables and searches besides, which are 9 % of what
/// all standard headers of a program cost. libstdc++ keeps what is wanted in a header of its own.
#if defined(__has_include) && __has_include(<bits/std_function.h>)
#include <bits/std_function.h>  // IWYU pragma: export
#else
#include <functional>  // IWYU pragma: export
#endif
