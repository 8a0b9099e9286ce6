// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/threads/start_thread.hpp>

#include <stdexcept>
#include <system_error>
#include <thread>

namespace leat::detail {

LEAT_COLD std::thread start_thread(void (*body)(void*), void* argument) {
  try {
    return std::thread(body, argument);
  } catch (std::system_error const& cause) {
    throw std::runtime_error("cannot start a thread: " + cause.code().message());
  }
}

}  // namespace leat::detail
