// SPDX-License-Identifier: BSL-1.0
#pragma once

/// What leat needs of the compiler, asked before anything else is read: a sentence, in place of a thousand errors.
/// Where one is said LEAT_REFUSED is defined, and nothing else follows.

#if __cplusplus < 202002L
#error "leat: C++20 is needed: compile with -std=c++20 (or -std=gnu++20, or later)"
#define LEAT_REFUSED
#elif !defined(__cpp_exceptions)
#error "leat: exceptions are needed: compile without -fno-exceptions"
#define LEAT_REFUSED
#elif !defined(__cpp_rtti)
#error "leat: run-time type information is needed: compile without -fno-rtti"
#define LEAT_REFUSED
#else
#include <version>
#if !defined(__cpp_lib_jthread) || !defined(__cpp_lib_to_chars)
#error \
    "leat: std::stop_token and std::from_chars of floating-point numbers are needed, which this standard library lacks: use that of g++ 12 or later (with clang: -stdlib=libstdc++)"
#define LEAT_REFUSED
#endif
#endif
