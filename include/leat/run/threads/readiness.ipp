// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/detail/list.hpp>
#include <leat/run/threads/readiness.hpp>
#include <leat/run/threads/start_thread.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace leat::detail {

LEAT_INLINE void readiness::watch(int descriptor, void const* reader, std::function<void()> on_readable) {
  std::lock_guard const lock(mutex_);
  for (watched const& earlier : watched_)
    // The descriptor may have been closed since, and its number be another's now: poll has to look again.
    if (earlier.descriptor == descriptor && earlier.reader == reader) return wake_poll();
  if (!thread_.joinable()) {
    if (::pipe2(wake_pipe_.data(), O_CLOEXEC | O_NONBLOCK) != 0)
      throw std::runtime_error(
          concat({"cannot make the pipe that waiting for input needs: ", std::generic_category().message(errno)}));
    try {
      thread_ = start_thread([](void* self) { static_cast<readiness*>(self)->run(); }, this);
    } catch (...) {
      for (int const end : wake_pipe_) ::close(end);
      throw;
    }
  }
  watched_.push_back(watched{descriptor, reader, std::move(on_readable)});
  wake_poll();
}

LEAT_INLINE void readiness::close() {
  {
    std::lock_guard const lock(mutex_);
    if (!thread_.joinable()) return;
    closing_ = true;
    wake_poll();
  }
  thread_.join();
  ::close(wake_pipe_[0]);
  ::close(wake_pipe_[1]);
}

LEAT_INLINE void readiness::wake_poll() {
  char const byte = 0;
  [[maybe_unused]] auto const written = ::write(wake_pipe_[1], &byte, 1);  // a full pipe wakes too
}

LEAT_INLINE void readiness::run() {
  list<pollfd> polled;
  for (;;) {
    {
      std::lock_guard const lock(mutex_);
      if (closing_) return;
      polled.clear();
      polled.push_back(pollfd{wake_pipe_[0], POLLIN, 0});
      for (watched const& each : watched_) polled.push_back(pollfd{each.descriptor, POLLIN, 0});
    }
    ::poll(polled.begin(), polled.size(), -1);
    std::array<char, 64> discarded{};
    while (::read(wake_pipe_[0], discarded.data(), discarded.size()) > 0) {
    }
    call_back(polled);
  }
}

LEAT_INLINE void readiness::call_back(list<pollfd> const& polled) {
  list<std::function<void()>> due;
  {
    std::lock_guard const lock(mutex_);
    for (std::size_t i = polled.size() - 1; i != 0; --i)
      if (polled[i].revents != 0) {
        due.push_back(std::move(watched_[i - 1].on_readable));
        watched_.erase(i - 1);
      }
  }
  for (auto const& on_readable : due) on_readable();
}

}  // namespace leat::detail
