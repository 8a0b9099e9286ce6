// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace leat::detail {

/// A thread that calls `body(of)`. In one place, since std::thread is compiled anew for each lambda it is given. Throws
/// std::runtime_error when the system has no thread to give.
inline std::thread started(void (*body)(void*), void* of) {
  try {
    return std::thread(body, of);
  } catch (std::system_error const& cause) {
    throw std::runtime_error("cannot start a thread: " + cause.code().message());
  }
}

}  // namespace leat::detail
