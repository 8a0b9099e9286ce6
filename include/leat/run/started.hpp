// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <thread>

namespace leat::detail {

/// A thread that calls `body(of)`. In one place, since std::thread is compiled anew for each lambda it is given.
inline std::thread started(void (*body)(void*), void* of) { return std::thread(body, of); }

}  // namespace leat::detail
