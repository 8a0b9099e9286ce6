// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>

namespace leat::detail {

/// While it lives, a write of this thread to a reader that has gone fails with EPIPE and raises no SIGPIPE. What the
/// process does about the signal elsewhere stays as it is.
class without_sigpipe {
 public:
  without_sigpipe() {
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::sigemptyset(&signal_);
    ::sigaddset(&signal_, SIGPIPE);
    ::sigprocmask(SIG_BLOCK, &signal_, &before_);  // of this thread alone, on Linux
  }
  without_sigpipe(without_sigpipe const&) = delete;
  without_sigpipe& operator=(without_sigpipe const&) = delete;
  ~without_sigpipe() {
    int const kept = errno;
    timespec const at_once{};
    if (raised_ && !was_pending_) ::sigtimedwait(&signal_, nullptr, &at_once);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
    errno = kept;
  }

  /// A write has failed with EPIPE.
  void raised() { raised_ = true; }

 private:
  sigset_t signal_;
  sigset_t before_;
  bool was_pending_ = false;
  bool raised_ = false;
};

/// All of these bytes; waits where there is no room, also where another program has made the descriptor non-blocking.
/// 0, or the number of the error; what was written before it is gone from `bytes`.
inline int write_all(int descriptor, std::string_view& bytes) {
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

}  // namespace leat::detail
