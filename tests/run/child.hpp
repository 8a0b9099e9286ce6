// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

/// A function run in a process of its own, for what is only seen from outside: exit status, signals, what is printed.
/// The tests have one thread here, so a fork is safe.
class child {
 public:
  template <class Program>
  explicit child(Program program) {
    if (::pipe(out_.data()) != 0 || ::pipe(err_.data()) != 0) throw std::runtime_error("pipe");
    std::fflush(stdout);
    std::fflush(stderr);
    process_ = ::fork();
    if (process_ != 0) {
      ::close(out_[1]);
      ::close(err_[1]);
      return;
    }
    ::dup2(out_[1], STDOUT_FILENO);
    ::dup2(err_[1], STDERR_FILENO);
    for (int const descriptor : {out_[0], out_[1], err_[0], err_[1]}) ::close(descriptor);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    int status = 99;
    try {
      status = program();
    } catch (...) {
      std::fputs("an exception left the program\n", stderr);
    }
    std::fflush(stdout);
    std::fflush(stderr);
    ::_exit(status);
  }
  child(child const&) = delete;
  child& operator=(child const&) = delete;
  ~child() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    ::close(out_[0]);
    ::close(err_[0]);
  }

  void send(int signal) const { ::kill(process_, signal); }

  /// Reads its standard output until this text has come. False when it ended before.
  bool says(std::string_view text) {
    while (out.find(text) == std::string::npos)
      if (!read_some(out_[0], out)) return false;
    return true;
  }

  /// Reads all it prints; gives its exit status, or 1000 + the signal that ended it. What it prints must fit into a
  /// pipe.
  int ends() {
    while (read_some(out_[0], out)) {
    }
    while (read_some(err_[0], err)) {
    }
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }

  /// The same for a process that does not end unless `meanwhile()` is done often enough.
  template <class Meanwhile>
  int ends_when(Meanwhile meanwhile) {
    while (!has_ended()) {
      meanwhile();
      ::sched_yield();
    }
    return ends();
  }

  std::string out;
  std::string err;

 private:
  bool has_ended() const {
    siginfo_t about{};
    return ::waitid(P_PID, static_cast<id_t>(process_), &about, WEXITED | WNOHANG | WNOWAIT) == 0 && about.si_pid != 0;
  }

  static bool read_some(int from, std::string& into) {
    std::array<char, 4096> bytes{};
    ssize_t const count = ::read(from, bytes.data(), bytes.size());
    if (count > 0) into.append(bytes.data(), static_cast<std::size_t>(count));
    return count > 0;
  }

  std::array<int, 2> out_{};
  std::array<int, 2> err_{};
  pid_t process_ = -1;
};
