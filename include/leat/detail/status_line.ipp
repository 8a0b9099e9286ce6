// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/status_line.hpp>
#include <leat/detail/write_all.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace leat::detail {

LEAT_COLD status_line& status_line::of_process() {
  static status_line* const line = new status_line;  // never destroyed: threads may print until the process ends
  return *line;
}

LEAT_COLD void status_line::show(std::string_view text) {
  winsize terminal{};
  bool const known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &terminal) == 0 && terminal.ws_col > 1;
  std::size_t end = (std::min<std::size_t>)(text.size(), known ? terminal.ws_col - 1u : 79u);
  while (end != 0 && end != text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  std::string const line = concat({"\r", text.substr(0, end), "\x1b[K"});
  std::string_view rest = line;
  std::lock_guard const lock(mutex_);
  used_.store(true, std::memory_order_release);
  on_screen_ = true;
  write_all(STDERR_FILENO, rest);
}

LEAT_COLD void status_line::remove() {
  std::lock_guard const lock(mutex_);
  erase();
}

LEAT_COLD void status_line::erase() {
  std::string_view erasing = "\r\x1b[K";
  if (std::exchange(on_screen_, false)) write_all(STDERR_FILENO, erasing);
}

LEAT_COLD status_line::aside::aside(int descriptor) {
  status_line& line = of_process();
  if (!line.used_.load(std::memory_order_acquire) || ::isatty(descriptor) != 1) return;
  line.mutex_.lock();
  locked_ = true;
  line.erase();
}

LEAT_COLD status_line::aside::~aside() {
  if (locked_) of_process().mutex_.unlock();
}

LEAT_COLD void print_error_line(std::string const& line) {
  std::string const whole = line + "\n";
  status_line::aside const aside(STDERR_FILENO);
  std::fputs(whole.c_str(), stderr);
}

}  // namespace leat::detail
