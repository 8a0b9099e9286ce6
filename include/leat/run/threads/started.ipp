// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/threads/started.hpp>

#include <stdexcept>
#include <system_error>
#include <thread>

namespace leat::detail {

LEAT_INLINE std::thread started(void (*body)(void*), void* of) {
  try {
    return std::thread(body, of);
  } catch (std::system_error const& cause) {
    throw std::runtime_error("cannot start a thread: " + cause.code().message());
  }
}

}  // namespace leat::detail
