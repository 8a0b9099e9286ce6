// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>

#include <poll.h>

#include <array>
#include <functional>
#include <mutex>
#include <thread>

namespace leat::detail {

/// Waits for descriptors to become readable, on a thread of its own that exists only while somebody asks. Each watch
/// fires once.
class readiness {
 public:
  readiness() = default;
  readiness(readiness const&) = delete;
  readiness& operator=(readiness const&) = delete;
  ~readiness() { close(); }

  /// Any thread. `then` is called on the waiting thread. Watching twice for the same reader is watching once.
  void watch(int descriptor, void const* reader, std::function<void()> then);

  void close();

 private:
  struct watched {
    int descriptor;
    void const* reader;
    std::function<void()> then;
  };

  void poke();

  void run();

  void fire(list<pollfd> const& set);

  std::mutex mutex_;
  list<watched> watched_;
  std::array<int, 2> poke_{-1, -1};
  std::thread thread_;
  bool closing_ = false;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/threads/readiness.ipp>
#endif
