// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <thread>

namespace leat::detail {

/// Starts a thread that calls `body(argument)`. Throws std::runtime_error when the system has no thread to give. It is
/// a function of its own because std::thread is compiled again for each lambda that it is given.
std::thread start_thread(void (*body)(void*), void* argument);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/threads/start_thread.ipp>
#endif
