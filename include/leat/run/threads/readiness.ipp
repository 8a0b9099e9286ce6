// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/list.hpp>
#include <leat/run/threads/readiness.hpp>
#include <leat/run/threads/started.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace leat::detail {

LEAT_INLINE void readiness::watch(int descriptor, void const* reader, std::function<void()> then) {
  std::lock_guard const lock(mutex_);
  for (watched const& other : watched_)
    // What is waited for may have been closed since, and the number be that of another: it is looked at anew.
    if (other.descriptor == descriptor && other.reader == reader) return poke();
  if (!thread_.joinable()) {
    if (::pipe2(poke_.data(), O_CLOEXEC | O_NONBLOCK) != 0)
      throw std::runtime_error("leat: cannot make the pipe that waiting for input needs");
    try {
      thread_ = started([](void* self) { static_cast<readiness*>(self)->run(); }, this);
    } catch (...) {
      for (int const end : poke_) ::close(end);
      throw;
    }
  }
  watched_.push_back(watched{descriptor, reader, std::move(then)});
  poke();
}

LEAT_INLINE void readiness::close() {
  {
    std::lock_guard const lock(mutex_);
    if (!thread_.joinable()) return;
    closing_ = true;
    poke();
  }
  thread_.join();
  ::close(poke_[0]);
  ::close(poke_[1]);
}

LEAT_INLINE void readiness::poke() {
  char const byte = 0;
  [[maybe_unused]] auto const written = ::write(poke_[1], &byte, 1);  // a full pipe pokes as well
}

LEAT_INLINE void readiness::run() {
  list<pollfd> set;
  for (;;) {
    {
      std::lock_guard const lock(mutex_);
      if (closing_) return;
      set.clear();
      set.push_back(pollfd{poke_[0], POLLIN, 0});
      for (watched const& one : watched_) set.push_back(pollfd{one.descriptor, POLLIN, 0});
    }
    ::poll(set.begin(), set.size(), -1);
    std::array<char, 64> rest{};
    while (::read(poke_[0], rest.data(), rest.size()) > 0) {
    }
    fire(set);
  }
}

LEAT_INLINE void readiness::fire(list<pollfd> const& set) {
  list<std::function<void()>> due;
  {
    std::lock_guard const lock(mutex_);
    for (std::size_t i = set.size() - 1; i != 0; --i)
      if (set[i].revents != 0) {
        due.push_back(std::move(watched_[i - 1].then));
        watched_.erase(i - 1);
      }
  }
  for (auto const& then : due) then();
}

}  // namespace leat::detail
