// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/run/local/local_output.hpp>
#include <leat/run/local/local_processes.hpp>

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace leat::detail {

/// Several processes of the program that runs, on this machine: starts them, tells each where the others listen, passes
/// on what they print and the signal that stops them, and ends when all have ended. It never waits where it cannot hear
/// of a signal, and a process that fails ends the others.
class local_cluster {
 public:
  [[gnu::cold]] explicit local_cluster(local_processes asked);
  local_cluster(local_cluster const&) = delete;
  local_cluster& operator=(local_cluster const&) = delete;

  /// The exit status of the first process that failed, 128 + signal for one that was killed; 0 when none did; 1, with a
  /// message, when standard output does not take what they print. Does not return where a reader that has gone ends a
  /// program without a word (SIGPIPE). Throws flow_error when they cannot be started.
  [[gnu::cold]] int run();
  /// Whether a signal has asked for the end.
  bool stopped() const { return stopped_by_ != 0; }

 private:
  using clock = std::chrono::steady_clock;

  struct stream {
    int descriptor = -1;
    printed_lines lines;
  };
  struct member {
    pid_t process = -1;
    int ends = -1;                 ///< readable once the process has ended; -1: the system has no such descriptor
    std::array<stream, 2> prints;  ///< standard output, standard error
    int announces = -1;
    std::string announced;
    std::string address;  ///< empty: not yet announced
    int listens = -1;     ///< where it reads those of all
  };

  [[noreturn, gnu::cold]] static void fail(char const* failure);

  /// Others on this machine can reach the ports.
  std::vector<std::string> environment_of_each() const;

  void start(unsigned number, std::vector<std::string> const& environment, struct sigaction const& of_children);

  /// All have told where they listen: each is told of all. Or one has ended before: then nobody waits for it.
  void tell_addresses();

  bool living() const;
  bool printing() const;
  bool writing() const { return !outputs_[0]->all_written() || !outputs_[1]->all_written(); }

  /// Waits for something to do, and does it.
  void serve();

  /// For `poll`. Where the system does not tell of a process's end, it is looked for.
  int patience() const;

  static void hear_address(member& of);

  void pass_on(stream& from, local_output& to);

  /// A program that a process has started, and that outlives it, may hold its output for ever.
  void leave_prints();

  void hear_news();

  /// They may have got it themselves, and know that this is not another one.
  void pass_on_signal(int number);
  /// SIGUSR1, to those that have taken it: the default action is death.
  void ask_for_stats();
  void kill_all();

  void log(std::string const& text) { outputs_[1]->show(text + "\n"); }

  void set_status(int status);

  void bury();

  /// What cannot be written is lost, so the run has failed: the processes are stopped.
  void look_at_output();

  /// After a failure the others end by themselves, or are ended.
  void end_the_slow();

  static bool ends_with_the_reader();

  static void close(int& descriptor);

  /// Nothing is left but after an exception.
  void end_all();

  static constexpr eventfd_t signalled = eventfd_t{1} << 32;
  static constexpr eventfd_t asked_for_stats = eventfd_t{1} << 48;
  static constexpr auto time_to_end = std::chrono::seconds(5);
  static constexpr auto silence = std::chrono::milliseconds(1000);

  local_processes asked_;
  int news_;  ///< rung by signals and writers; a writer may ring when this object has gone, so it is never closed
  std::vector<member> members_;
  std::array<std::unique_ptr<local_output>, 2> outputs_;
  std::array<char, 65536> room_;
  int status_ = 0;
  int stopped_by_ = 0;         ///< the signal that was passed on
  clock::time_point until_{};  ///< after a failure: they are to have ended
  bool warned_ = false;
  bool killed_ = false;
  bool told_ = false;
  bool told_of_mixing_ = false;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/local/local_cluster.ipp>
#endif
