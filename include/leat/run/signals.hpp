// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/run/started.hpp>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace leat::detail {

/// Tells every run that asked for it about the first SIGINT or SIGTERM; a second one ends the process at once, with
/// status 128 + signal. Runs share nothing, but a signal is sent to the process: two runs that both want it need this
/// one place where the process's handlers are set. They are set while at least one run is interested, and then are put
/// back as they were. A signal that is ignored when they are set (nohup, a shell's background) stays ignored.
///
/// What comes within a second of the first signal is the first signal: `timeout` sends it to its child and to the group of
/// that, and who sends it to a group reaches a launcher, which passes it on, as well as the launcher's processes. A run may
/// well have stopped within that second. So where a signal came and the default action (death) was set before, the handler
/// stays after the last run: the first signal, come again, does not kill the program in its last milliseconds.
class stop_signals {
 public:
  using listener = std::function<void()>;

  static stop_signals& of_process() {
    static stop_signals* const one = new stop_signals;  // never destroyed: a handler may run until the process ends
    return *one;
  }

  /// Sends it to a process that may have got it by itself: there it never counts as the second one.
  static void pass_on(pid_t process, int number) {
    sigval mark{};
    mark.sival_int = passed_on_mark;
    ::sigqueue(process, number, mark);
  }
  /// The number of the signal that was told of.
  static int number() { return first_number.load(std::memory_order_acquire); }

  /// Any thread. `tell` is called on a thread of this class, or at once where a signal came while others listened.
  void listen(listener& tell) {
    std::lock_guard const one_at_a_time(changing_);
    if (listeners_.empty()) begin();
    std::lock_guard const lock(listening_);
    listeners_.push_back(&tell);
    if (told_) tell();
  }
  /// Any thread but the one that tells. `tell` is not called any more once this returns.
  void leave(listener& tell) {
    std::lock_guard const one_at_a_time(changing_);
    {
      std::lock_guard const lock(listening_);
      for (std::size_t i = listeners_.size(); i != 0; --i)
        if (listeners_[i - 1] == &tell) listeners_.erase(i - 1);
    }
    if (listeners_.empty()) end();
  }

 private:
  static constexpr std::array<int, 2> numbers{SIGINT, SIGTERM};

  stop_signals() {
    if (::pipe2(pipe_.data(), O_CLOEXEC) != 0)
      throw std::runtime_error("leat: cannot make the pipe that waiting for signals needs");
    pipe_end.store(pipe_[1], std::memory_order_release);
  }

  void begin() {
    first_at.store(0, std::memory_order_relaxed);
    told_ = false;
    teller_ = started([](void* self) { static_cast<stop_signals*>(self)->run(); }, this);
    struct sigaction ours {};
    ours.sa_sigaction = &on_signal;
    ours.sa_flags = SA_RESTART | SA_SIGINFO;
    ::sigemptyset(&ours.sa_mask);
    for (std::size_t i = 0; i != numbers.size(); ++i) {
      struct sigaction present {};
      ::sigaction(numbers[i], nullptr, &present);
      if (is_ours(present)) continue;  // it stayed after an earlier run: `before_` still says what it replaced
      before_[i] = present;
      if (!has_handler(present, SIG_IGN)) ::sigaction(numbers[i], &ours, nullptr);
    }
  }

  void end() {
    for (std::size_t i = 0; i != numbers.size(); ++i) {
      if (has_handler(before_[i], SIG_IGN)) continue;
      bool const is_default = has_handler(before_[i], SIG_DFL);
      if (is_default && first_at.load(std::memory_order_relaxed) != 0) continue;
      struct sigaction ours {};
      ::sigaction(numbers[i], &before_[i], &ours);
      // One that came in between was the first.
      if (is_default && first_at.load(std::memory_order_relaxed) != 0) ::sigaction(numbers[i], &ours, nullptr);
    }
    send(farewell);
    teller_.join();
  }

  static bool is_ours(struct sigaction const& action) {
    return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == &on_signal;
  }
  static bool has_handler(struct sigaction const& action, void (*handler)(int)) {
    return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == handler;
  }

  /// Only what a signal handler may do.
  static void on_signal(int number, siginfo_t* about, void*) {
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
  /// Never zero.
  static std::int64_t nanoseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return 1 + now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
  }
  static void send(char what) {
    [[maybe_unused]] auto const written = ::write(pipe_end.load(std::memory_order_acquire), &what, 1);
  }

  /// What a handler sends late, when the runs it was for have ended, is not for those that began since.
  void run() {
    for (char what = 0; what != farewell;) {
      if (::read(pipe_[0], &what, 1) != 1 || what != news || first_at.load(std::memory_order_relaxed) == 0) continue;
      std::lock_guard const lock(listening_);
      told_ = true;
      for (listener* tell : listeners_) (*tell)();
    }
  }

  static constexpr char news = 's';
  static constexpr char farewell = 'q';
  inline static std::atomic<int> pipe_end{-1};
  static constexpr int passed_on_mark = 0x6c656174;  // "leat"
  static constexpr std::int64_t same_signal_within = 1'000'000'000;
  inline static std::atomic<std::int64_t> first_at{0};  ///< by the steady clock; 0: none has come
  inline static std::atomic<int> first_number{0};
  static_assert(std::atomic<std::int64_t>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

  std::array<int, 2> pipe_{-1, -1};
  std::array<struct sigaction, 2> before_{};
  std::mutex changing_;   ///< listening and leaving, with what they do to the process
  std::mutex listening_;  ///< the list, also while it is told
  list<listener*> listeners_;
  std::thread teller_;
  bool told_ = false;
};

/// While it lives, SIGINT and SIGTERM call `tell`, from another thread.
class on_stop_signal {
 public:
  explicit on_stop_signal(stop_signals::listener tell) : tell_(std::move(tell)) {
    stop_signals::of_process().listen(tell_);
  }
  on_stop_signal(on_stop_signal const&) = delete;
  on_stop_signal& operator=(on_stop_signal const&) = delete;
  ~on_stop_signal() { stop_signals::of_process().leave(tell_); }

 private:
  stop_signals::listener tell_;
};

}  // namespace leat::detail
