// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/error.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// Several processes of the program that runs, on this machine: starts them, tells each where the others listen, passes on
/// what they print with the number of the process before each line, passes signals on to them, and ends when all have
/// ended.
class local_cluster {
 public:
  /// `words`: the arguments of each.
  [[gnu::cold]] local_cluster(std::string program, std::vector<std::string> words, unsigned processes)
      : program_(std::move(program)), words_(std::move(words)), members_(processes) {}

  /// The exit status of the first process that failed, 128 + signal for one that was killed; 0 when none did. Throws
  /// flow_error when they cannot be started.
  [[gnu::cold]] int run() {
    sigset_t ours;
    sigset_t before;
    ::sigemptyset(&ours);
    for (int number : {SIGINT, SIGTERM, SIGCHLD}) ::sigaddset(&ours, number);
    ::pthread_sigmask(SIG_BLOCK, &ours, &before);
    signals_ = ::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals_ < 0) fail("waiting for signals");
    ::setenv("LEAT_SECRET", random_secret().c_str(), 1);
    ::unsetenv("LEAT_PROCESSES");
    for (unsigned i = 0; i != members_.size(); ++i) start(i, before);
    while (living() || printing()) serve();
    ::close(signals_);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return status_;
  }

 private:
  struct stream {
    int descriptor = -1;
    std::string line;  ///< what has no end yet
  };
  struct member {
    pid_t process = -1;
    std::array<stream, 2> prints;  ///< standard output, standard error
    stream announces;              ///< its address
    std::string address;           ///< empty: not yet announced
    int listens = -1;              ///< where it reads those of all
  };

  [[noreturn, gnu::cold]] static void fail(char const* what) {
    throw flow_error(concat({"-p: ", what, " does not work: ", std::strerror(errno)}));
  }

  /// Its own path, so that the processes bear its name.
  static std::string this_program() {
    std::array<char, 4096> room;
    ssize_t const length = ::readlink("/proc/self/exe", room.data(), room.size());
    if (length <= 0) fail("looking for the program");
    return std::string(room.data(), static_cast<std::size_t>(length));
  }

  /// Others on this machine can reach the ports.
  static std::string random_secret() {
    std::array<unsigned char, 16> drawn{};
    if (::getentropy(drawn.data(), drawn.size()) != 0) fail("drawing a secret");
    std::string text;
    for (unsigned char one : drawn) {
      text += "0123456789abcdef"[one >> 4];
      text += "0123456789abcdef"[one & 15];
    }
    return text;
  }

  void start(unsigned number, sigset_t const& mask) {
    std::array<std::array<int, 2>, 4> pipes{};
    for (std::size_t i = 0; i != 3; ++i)
      if (::pipe2(pipes[i].data(), O_CLOEXEC) != 0) fail("making a pipe");
    // Written to even when its reader has just gone, which with a pipe would be a signal.
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pipes[3].data()) != 0) fail("making a pipe");
    auto const [announces, told] = std::pair(pipes[2][1], pipes[3][0]);
    std::vector<std::string> all{program_,
                                 "-i",
                                 std::to_string(number),
                                 "--listen=127.0.0.1:0",
                                 "--announce-fd=" + std::to_string(announces),
                                 "--addresses-fd=" + std::to_string(told)};
    all.insert(all.end(), words_.begin(), words_.end());
    std::string const path = this_program();
    std::vector<char*> arguments;
    for (std::string& one : all) arguments.push_back(one.data());
    arguments.push_back(nullptr);
    pid_t const parent = ::getpid();
    pid_t const process = ::fork();
    if (process < 0) fail("starting a process");
    if (process == 0) {
      // Only what may be called between fork and exec. No process outlives the one that started it.
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(1);
      if (number != 0) {
        int const nothing = ::open("/dev/null", O_RDONLY);
        ::dup2(nothing, STDIN_FILENO);
      }
      ::dup2(pipes[0][1], STDOUT_FILENO);
      ::dup2(pipes[1][1], STDERR_FILENO);
      ::fcntl(announces, F_SETFD, 0);
      ::fcntl(told, F_SETFD, 0);
      ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
      ::execv(path.c_str(), arguments.data());
      ::_exit(127);
    }
    member& made = members_[number];
    made.process = process;
    for (std::size_t i = 0; i != 3; ++i) ::close(pipes[i][1]);
    ::close(told);
    made.prints[0].descriptor = pipes[0][0];
    made.prints[1].descriptor = pipes[1][0];
    made.announces.descriptor = pipes[2][0];
    made.listens = pipes[3][1];
  }

  /// All have told where they listen: each is told of all. Or one has ended before: then nobody waits for it.
  void tell_addresses() {
    std::string all;
    for (member const& one : members_) {
      if (one.process < 0 && one.address.empty()) {
        all.clear();
        break;
      }
      if (one.address.empty()) return;
      all += one.address + (&one == &members_.back() ? '\n' : ';');
    }
    for (member& one : members_) {
      if (one.listens < 0) continue;
      if (!all.empty() && ::send(one.listens, all.data(), all.size(), MSG_NOSIGNAL) < 0 && errno != EPIPE)
        fail("telling the addresses");
      ::close(std::exchange(one.listens, -1));
    }
  }

  bool living() const {
    for (member const& one : members_)
      if (one.process > 0) return true;
    return false;
  }
  bool printing() const {
    for (member const& one : members_)
      for (stream const& print : one.prints)
        if (print.descriptor >= 0) return true;
    return false;
  }

  /// Waits for something to do, and does it. After a failure the others end by themselves, or are ended.
  void serve() {
    std::vector<pollfd> all{{signals_, POLLIN, 0}};
    for (member const& one : members_)
      for (stream const* from : {&one.prints[0], &one.prints[1], &one.announces})
        if (from->descriptor >= 0) all.push_back({from->descriptor, POLLIN, 0});
    int const ready = ::poll(all.data(), static_cast<nfds_t>(all.size()), status_ == 0 ? -1 : patience_ms);
    if (ready == 0) {
      signal_all(std::exchange(warned_, true) ? SIGKILL : SIGTERM);
      return;
    }
    auto const has_news = [&](stream const& from) {
      for (pollfd const& one : all)
        if (one.fd == from.descriptor && one.fd >= 0 && one.revents != 0) return true;
      return false;
    };
    for (unsigned i = 0; i != members_.size(); ++i) {
      member& one = members_[i];
      for (std::size_t which = 0; which != 2; ++which)
        if (has_news(one.prints[which])) pass_on(i, one.prints[which], which == 0 ? stdout : stderr);
      if (has_news(one.announces)) hear_address(one);
    }
    signalfd_siginfo news{};
    while (::read(signals_, &news, sizeof news) == static_cast<ssize_t>(sizeof news)) {
      // What a terminal sends it sends to the whole group.
      if (news.ssi_signo != SIGCHLD && news.ssi_code != SI_KERNEL) signal_all(static_cast<int>(news.ssi_signo));
    }
    bury();
    tell_addresses();
  }

  static void hear_address(member& of) {
    read(of.announces);
    std::size_t const end = of.announces.line.find('\n');
    if (end != std::string::npos) of.address = of.announces.line.substr(0, end);
  }

  static void read(stream& from) {
    std::array<char, 65536> room;
    ssize_t const count = ::read(from.descriptor, room.data(), room.size());
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) {
      ::close(from.descriptor);
      from.descriptor = -1;
      if (!from.line.empty()) from.line += '\n';
    } else {
      from.line.append(room.data(), static_cast<std::size_t>(count));
    }
  }

  static void pass_on(unsigned number, stream& from, std::FILE* to) {
    read(from);
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = from.line.find('\n', begin)) != std::string::npos; begin = end + 1)
      std::fprintf(to, "[%u] %.*s\n", number, static_cast<int>(end - begin), from.line.c_str() + begin);
    from.line.erase(0, begin);
    std::fflush(to);
  }

  void signal_all(int number) {
    for (member const& one : members_)
      if (one.process > 0) ::kill(one.process, number);
  }

  void bury() {
    for (member& one : members_) {
      int how = 0;
      if (one.process <= 0 || ::waitpid(one.process, &how, WNOHANG) != one.process) continue;
      one.process = -1;
      if (WIFSIGNALED(how) && status_ == 0)
        std::fprintf(stderr, "[%td] was killed by signal %d (%s)\n", &one - members_.data(), WTERMSIG(how),
                     ::strsignal(WTERMSIG(how)));
      int const ended = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
      if (status_ == 0) status_ = ended;
    }
  }

  static constexpr int patience_ms = 5000;

  std::string program_;
  std::vector<std::string> words_;
  std::vector<member> members_;
  int signals_ = -1;
  int status_ = 0;
  bool warned_ = false;
};

}  // namespace leat::detail
