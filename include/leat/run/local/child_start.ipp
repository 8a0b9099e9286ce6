// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/run/local/child_start.hpp>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace leat::detail {

LEAT_COLD child_status_kept::child_status_kept() {
  struct sigaction remember{};
  remember.sa_handler = SIG_DFL;
  ::sigemptyset(&remember.sa_mask);
  ::sigaction(SIGCHLD, nullptr, &before_);
  if (forgets()) ::sigaction(SIGCHLD, &remember, nullptr);
}

LEAT_COLD child_status_kept::~child_status_kept() {
  if (forgets()) ::sigaction(SIGCHLD, &before_, nullptr);
}

LEAT_COLD bool child_status_kept::forgets() const {
  return (before_.sa_flags & SA_NOCLDWAIT) != 0 ||
         ((before_.sa_flags & SA_SIGINFO) == 0 && before_.sa_handler == SIG_IGN);
}

LEAT_COLD std::string random_secret() {
  std::array<unsigned char, 16> drawn{};
  if (::getentropy(drawn.data(), drawn.size()) != 0)
    throw flow_error(concat({"-p: drawing a secret does not work: ", std::strerror(errno)}));
  std::string text;
  for (unsigned char const byte : drawn) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

LEAT_COLD std::vector<std::string> environment_without(std::initializer_list<std::string_view> names) {
  std::vector<std::string> arguments;
  for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable) {
    std::string_view const text = *variable;
    bool left_out = false;
    for (std::string_view const name : names) left_out = left_out || text.substr(0, text.find('=')) == name;
    if (!left_out) arguments.emplace_back(text);
  }
  return arguments;
}

LEAT_COLD pid_t child_start::start(struct sigaction const& of_children) {
  // By its own path, so that it bears the name of the program.
  std::array<char, 4096> path{};
  if (::readlink("/proc/self/exe", path.data(), path.size() - 1) <= 0) return -1;
  std::vector<char*> const words = pointers(arguments);
  std::vector<char*> const variables = pointers(environment);
  sigset_t every;
  sigset_t before;
  ::sigfillset(&every);
  ::pthread_sigmask(SIG_BLOCK, &every, &before);  // a signal that comes now is for the program, not for our handlers
  pid_t const parent = ::getpid();
  pid_t const process = ::fork();
  if (process == 0) become(path.data(), words.data(), variables.data(), parent, before, of_children);
  int const fault = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = fault;
  return process;
}

LEAT_COLD std::vector<char*> child_start::pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

LEAT_COLD void child_start::become(char const* path, char* const* words, char* const* variables, pid_t parent,
                                   sigset_t const& mask, struct sigaction const& of_children) const {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  if (!reads_input) {
    int const null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
  }
  ::dup2(output, STDOUT_FILENO);
  ::dup2(error, STDERR_FILENO);
  for (int const descriptor : kept) ::fcntl(descriptor, F_SETFD, 0);
  for (int const number : {SIGINT, SIGTERM}) {
    struct sigaction now{};
    ::sigaction(number, nullptr, &now);
    if ((now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN) continue;
    now = {};
    now.sa_handler = SIG_DFL;
    ::sigaction(number, &now, nullptr);
  }
  ::sigaction(SIGCHLD, &of_children, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  ::execve(path, words, variables);
  ::_exit(127);
}

}  // namespace leat::detail
