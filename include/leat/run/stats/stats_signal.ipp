// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/list.hpp>
#include <leat/run/stats/stats_signal.hpp>
#include <leat/run/threads/start_thread.hpp>

#include <semaphore.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <mutex>
#include <thread>

namespace leat::detail {

LEAT_COLD stats_signal& stats_signal::of_process() {
  static stats_signal* const signal = new stats_signal;  // never destroyed: a handler may run until the process ends
  return *signal;
}

LEAT_COLD stats_signal::stats_signal() { ::sem_init(&asked, 0, 0); }

LEAT_COLD void stats_signal::take() {
  struct sigaction present{};
  ::sigaction(SIGUSR1, nullptr, &present);
  if ((present.sa_flags & SA_SIGINFO) != 0 || present.sa_handler != SIG_DFL) return;
  struct sigaction ours{};
  ours.sa_handler = &on_signal;
  ours.sa_flags = SA_RESTART;
  ::sigemptyset(&ours.sa_mask);
  ::sigaction(SIGUSR1, &ours, nullptr);
}

LEAT_COLD void stats_signal::listen(listener const& added) {
  std::lock_guard const one_at_a_time(changing_);
  take();
  if (listeners_.empty()) {
    while (::sem_trywait(&asked) == 0) {  // what was asked while nobody listened
    }
    over_.store(false, std::memory_order_relaxed);
    teller_ = start_thread([](void* self) { static_cast<stats_signal*>(self)->run(); }, this);
  }
  std::lock_guard const lock(listening_);
  listeners_.push_back(added);
}

LEAT_COLD void stats_signal::leave(void const* of) {
  std::lock_guard const one_at_a_time(changing_);
  {
    std::lock_guard const lock(listening_);
    for (std::size_t i = listeners_.size(); i != 0; --i)
      if (listeners_[i - 1].of == of) listeners_.erase(i - 1);
    if (!listeners_.empty() || !teller_.joinable()) return;
  }
  over_.store(true, std::memory_order_relaxed);
  ::sem_post(&asked);
  teller_.join();
}

LEAT_COLD void stats_signal::on_signal(int) {
  int const kept = errno;
  ::sem_post(&asked);
  errno = kept;
}

LEAT_COLD void stats_signal::run() {
  for (;;) {
    if (::sem_wait(&asked) != 0) continue;
    if (over_.load(std::memory_order_relaxed)) return;
    std::lock_guard const lock(listening_);
    for (listener const& each : listeners_) each.tell(each.of);
  }
}

}  // namespace leat::detail
