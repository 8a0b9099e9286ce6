// SPDX-License-Identifier: BSL-1.0
#pragma once

// Which sanitizer this program is built with: g++ says so by macros, clang by features.
#if defined(__has_feature)
#define LEAT_TEST_HAS_FEATURE(name) __has_feature(name)
#else
#define LEAT_TEST_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__)
#define LEAT_TEST_ADDRESS 1
#else
#define LEAT_TEST_ADDRESS LEAT_TEST_HAS_FEATURE(address_sanitizer)
#endif
#if defined(__SANITIZE_THREAD__)
#define LEAT_TEST_THREAD 1
#else
#define LEAT_TEST_THREAD LEAT_TEST_HAS_FEATURE(thread_sanitizer)
#endif

namespace sanitizers {

/// It keeps what was freed, by hundreds of MiB.
constexpr bool address = LEAT_TEST_ADDRESS;
constexpr bool thread = LEAT_TEST_THREAD;
/// It makes a pipe when it looks whether an object is what it is called as, so the program needs descriptors to spare.
constexpr bool undefined_behavior = LEAT_TEST_HAS_FEATURE(undefined_behavior_sanitizer);

/// The program is several times as slow: a test that goes through thousands of cases takes a part of them.
constexpr bool slow = address || thread;

}  // namespace sanitizers

#undef LEAT_TEST_HAS_FEATURE
#undef LEAT_TEST_ADDRESS
#undef LEAT_TEST_THREAD
