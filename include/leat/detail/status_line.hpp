// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

namespace leat::detail {

/// A line on standard error, which is a terminal then, that is rewritten in place, and is not there while anything else
/// of leat's is printed. One for the process; any thread.
class status_line {
 public:
  status_line(status_line const&) = delete;
  status_line& operator=(status_line const&) = delete;
  static status_line& of_process();

  /// In the place of what was shown before, as much of it as the terminal is wide.
  void show(std::string_view text);
  void remove();

  /// While it lives the line is not on the screen, and nobody shows it again: around what is printed to a descriptor,
  /// which may be the same terminal.
  class aside {
   public:
    explicit aside(int descriptor);
    aside(aside const&) = delete;
    aside& operator=(aside const&) = delete;
    ~aside();

   private:
    bool locked_ = false;
  };

 private:
  status_line() = default;
  void erase();

  std::mutex mutex_;
  std::atomic<bool> used_{false};  ///< it was shown in this process
  bool on_screen_ = false;
};

/// A line of leat's on standard error, with its end. Any thread.
void print_error_line(std::string const& line);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/detail/status_line.ipp>
#endif
