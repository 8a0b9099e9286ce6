// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/detail/list.hpp>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <thread>

namespace leat::detail {

/// Tells every run that asked for it about the first SIGINT or SIGTERM; a second one ends the process at once, with
/// status 128 + signal. Runs share nothing, but a signal is sent to the process: two runs that both want it need this
/// one place where the process's handlers are set. They are set while at least one run is interested, and then are put
/// back as they were. A signal that is ignored when they are set (nohup, a shell's background) stays ignored.
///
/// What comes within a second of the first signal is the first signal: `timeout` sends it to its child and to the group
/// of that, and who sends it to a group reaches a launcher, which passes it on, as well as the launcher's processes. A
/// run may well have stopped within that second. So where a signal came and the default action (death) was set before,
/// the handler stays after the last run: the first signal, come again, does not kill the program in its last
/// milliseconds.
class stop_signals {
 public:
  using listener = std::function<void()>;

  static stop_signals& of_process();

  /// Sends it to a process that may have got it by itself: there it never counts as the second one.
  static void pass_on(pid_t process, int number);
  /// The number of the signal that was told of.
  static int number() { return first_number.load(std::memory_order_acquire); }

  /// Any thread. `tell` is called on a thread of this class, or at once where a signal came while others listened.
  void listen(listener& tell);
  /// Any thread but the one that tells. `tell` is not called any more once this returns.
  void leave(listener& tell);

 private:
  static constexpr std::array<int, 2> numbers{SIGINT, SIGTERM};

  stop_signals();

  void begin();

  void end();

  static bool is_ours(struct sigaction const& action);
  static bool has_handler(struct sigaction const& action, void (*handler)(int));

  /// Only what a signal handler may do.
  static void on_signal(int number, siginfo_t* about, void*);
  /// Never zero.
  static std::int64_t nanoseconds();
  static void send(char letter);

  /// What a handler sends late, when the runs it was for have ended, is not for those that began since.
  void run();

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
  explicit on_stop_signal(stop_signals::listener tell);
  on_stop_signal(on_stop_signal const&) = delete;
  on_stop_signal& operator=(on_stop_signal const&) = delete;
  ~on_stop_signal() { stop_signals::of_process().leave(tell_); }

 private:
  stop_signals::listener tell_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/signals.ipp>
#endif
