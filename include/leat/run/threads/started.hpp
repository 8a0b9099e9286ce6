// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <thread>

namespace leat::detail {

/// A thread that calls `body(of)`. In one place, since std::thread is compiled anew for each lambda it is given. Throws
/// std::runtime_error when the system has no thread to give.
std::thread started(void (*body)(void*), void* of);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/threads/started.ipp>
#endif
