// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>

#include <semaphore.h>

#include <atomic>
#include <mutex>
#include <thread>

namespace leat::detail {

/// SIGUSR1 asks every run of the process that listens for its numbers. The signal is taken only where its action is the
/// default one, which is death: a handler of the program's, or that it is ignored, stays so. Once taken it is kept:
/// whoever asks a moment after the run's end does not kill the program.
class stats_signal {
 public:
  struct listener {
    void (*tell)(void* of);
    void* of;
  };

  static stats_signal& of_process();

  /// Any thread. From now on the signal does not kill.
  void take();
  /// Any thread. `tell(of)` is called on a thread of this class.
  void listen(listener const& added);
  /// Any thread but the one that tells. What listens for this object is not called any more once this returns.
  void leave(void const* of);

 private:
  stats_signal();

  /// Only what a signal handler may do.
  static void on_signal(int number);
  void run();

  inline static sem_t asked{};
  std::mutex changing_;   ///< listening and leaving, with the thread that tells
  std::mutex listening_;  ///< the list, also while it is told
  list<listener> listeners_;
  std::thread teller_;
  std::atomic<bool> over_{false};
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/stats/stats_signal.ipp>
#endif
