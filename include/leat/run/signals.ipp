// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/detail/list.hpp>
#include <leat/run/signals.hpp>
#include <leat/run/threads/start_thread.hpp>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace leat::detail {

LEAT_COLD stop_signals& stop_signals::of_process() {
  static stop_signals* const handlers = new stop_signals;  // never destroyed: a handler may run until the process ends
  return *handlers;
}

LEAT_COLD void stop_signals::pass_on(pid_t process, int number) {
  sigval mark{};
  mark.sival_int = passed_on_mark;
  ::sigqueue(process, number, mark);
}

LEAT_COLD void stop_signals::listen(listener& tell) {
  std::lock_guard const one_at_a_time(changing_);
  if (listeners_.empty()) begin();
  std::lock_guard const lock(listening_);
  listeners_.push_back(&tell);
  if (told_) tell();
}

LEAT_COLD void stop_signals::leave(listener& tell) {
  std::lock_guard const one_at_a_time(changing_);
  {
    std::lock_guard const lock(listening_);
    for (std::size_t i = listeners_.size(); i != 0; --i)
      if (listeners_[i - 1] == &tell) listeners_.erase(i - 1);
  }
  if (listeners_.empty()) end();
}

LEAT_COLD stop_signals::stop_signals() {
  if (::pipe2(pipe_.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("leat: cannot make the pipe that waiting for signals needs");
  pipe_end.store(pipe_[1], std::memory_order_release);
}

LEAT_COLD void stop_signals::begin() {
  first_at.store(0, std::memory_order_relaxed);
  told_ = false;
  teller_ = start_thread([](void* self) { static_cast<stop_signals*>(self)->run(); }, this);
  struct sigaction ours{};
  ours.sa_sigaction = &on_signal;
  ours.sa_flags = SA_RESTART | SA_SIGINFO;
  ::sigemptyset(&ours.sa_mask);
  for (std::size_t i = 0; i != numbers.size(); ++i) {
    struct sigaction present{};
    ::sigaction(numbers[i], nullptr, &present);
    if (is_ours(present)) continue;  // it stayed after an earlier run: `before_` still says what it replaced
    before_[i] = present;
    if (!has_handler(present, SIG_IGN)) ::sigaction(numbers[i], &ours, nullptr);
  }
}

LEAT_COLD void stop_signals::end() {
  for (std::size_t i = 0; i != numbers.size(); ++i) {
    struct sigaction present{};
    ::sigaction(numbers[i], nullptr, &present);
    if (!is_ours(present)) continue;  // it was ignored, or the program has set one of its own meanwhile
    bool const is_default = has_handler(before_[i], SIG_DFL);
    if (is_default && first_at.load(std::memory_order_relaxed) != 0) continue;
    struct sigaction ours{};
    ::sigaction(numbers[i], &before_[i], &ours);
    // One that came in between was the first.
    if (is_default && first_at.load(std::memory_order_relaxed) != 0) ::sigaction(numbers[i], &ours, nullptr);
  }
  send(farewell);
  teller_.join();
}

LEAT_COLD bool stop_signals::is_ours(struct sigaction const& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == &on_signal;
}

LEAT_COLD bool stop_signals::has_handler(struct sigaction const& action, void (*handler)(int)) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == handler;
}

LEAT_COLD void stop_signals::on_signal(int number, siginfo_t* about, void*) {
  int const kept = errno;
  std::int64_t first = 0;
  if (first_at.compare_exchange_strong(first, nanoseconds(), std::memory_order_relaxed)) {
    first_number.store(number, std::memory_order_release);
    send(news);
  } else {
    bool const passed_on = about->si_code == SI_QUEUE && about->si_value.sival_int == passed_on_mark;
    if (!passed_on && nanoseconds() - first >= same_signal_within) ::_exit(128 + number);
  }
  errno = kept;
}

LEAT_COLD std::int64_t stop_signals::nanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return 1 + now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

LEAT_COLD void stop_signals::send(char letter) {
  [[maybe_unused]] auto const written = ::write(pipe_end.load(std::memory_order_acquire), &letter, 1);
}

LEAT_COLD void stop_signals::run() {
  for (char letter = 0; letter != farewell;) {
    if (::read(pipe_[0], &letter, 1) != 1 || letter != news || first_at.load(std::memory_order_relaxed) == 0) continue;
    std::lock_guard const lock(listening_);
    told_ = true;
    for (listener* tell : listeners_) (*tell)();
  }
}

LEAT_COLD on_stop_signal::on_stop_signal(stop_signals::listener tell) : tell_(std::move(tell)) {
  stop_signals::of_process().listen(tell_);
}

}  // namespace leat::detail
