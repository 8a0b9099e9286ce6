// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/detail/list.hpp>

#include <poll.h>

#include <array>
#include <mutex>
#include <thread>

namespace leat::detail {

/// Waits for descriptors to become readable, on a thread of its own that is started by the first watch. Each watch
/// calls back once.
class readiness {
 public:
  readiness() = default;
  readiness(readiness const&) = delete;
  readiness& operator=(readiness const&) = delete;
  ~readiness() { close(); }

  /// Any thread. `on_readable` is called on the waiting thread. A second watch of the same descriptor for the same
  /// reader adds nothing.
  void watch(int descriptor, void const* reader, std::function<void()> on_readable);

  /// Returns when nothing is called back any more.
  void close();

 private:
  struct watched {
    int descriptor;
    void const* reader;
    std::function<void()> on_readable;
  };

  void wake_poll();

  void run();

  void call_back(list<pollfd> const& polled);

  std::mutex mutex_;
  list<watched> watched_;
  std::array<int, 2> wake_pipe_{-1, -1};
  std::thread thread_;
  bool closing_ = false;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/threads/readiness.ipp>
#endif
