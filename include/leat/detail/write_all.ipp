// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/write_all.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>

namespace leat::detail {

LEAT_INLINE without_sigpipe::without_sigpipe() {
  sigset_t pending;
  ::sigpending(&pending);
  was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
  ::sigemptyset(&signal_);
  ::sigaddset(&signal_, SIGPIPE);
  ::sigprocmask(SIG_BLOCK, &signal_, &before_);  // of this thread alone, on Linux
}

LEAT_INLINE without_sigpipe::~without_sigpipe() {
  int const kept = errno;
  timespec const at_once{};
  if (raised_ && !was_pending_) ::sigtimedwait(&signal_, nullptr, &at_once);
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  errno = kept;
}

LEAT_INLINE int write_all(int descriptor, std::string_view& bytes) {
  without_sigpipe quiet;
  while (!bytes.empty()) {
    ssize_t const count = ::write(descriptor, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd room{descriptor, POLLOUT, 0};
      ::poll(&room, 1, -1);
      continue;
    }
    if (errno == EPIPE) quiet.raised();
    return errno;
  }
  return 0;
}

LEAT_INLINE int close_copy_of(int descriptor) {
  int const copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return 0;  // without a descriptor to spare it is not found out
  return ::close(copy) == 0 || errno == EINTR ? 0 : errno;
}

}  // namespace leat::detail
