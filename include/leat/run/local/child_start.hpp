// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

/// How -p starts another process of the program that runs.
namespace leat::detail {

/// While it lives, the system remembers how child processes end, even if the parent of this program had SIGCHLD
/// ignored.
class child_status_kept {
 public:
  child_status_kept();
  child_status_kept(child_status_kept const&) = delete;
  child_status_kept& operator=(child_status_kept const&) = delete;
  ~child_status_kept();
  struct sigaction const& before() const { return before_; }

 private:
  bool forgets() const;

  struct sigaction before_{};
};

[[gnu::cold]] std::string random_secret();

[[gnu::cold]] std::vector<std::string> environment_without(std::initializer_list<std::string_view> names);

struct child_start {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  bool reads_input = false;
  int output = -1;
  int error = -1;
  std::array<int, 2> kept{-1, -1};  ///< descriptors that stay open

  /// Starts it. Returns the number of the process; below zero, with `errno`, when there is none. `of_children`: what
  /// SIGCHLD does in the new process.
  [[gnu::cold]] pid_t start(struct sigaction const& of_children);

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts);

  /// Becomes the program, in the child. Calls only what may be called between fork and exec. The child ends with its
  /// parent.
  [[noreturn]] void become(char const* path, char* const* words, char* const* variables, pid_t parent,
                           sigset_t const& mask, struct sigaction const& of_children) const;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/local/child_start.ipp>
#endif
