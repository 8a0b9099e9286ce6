// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <poll.h>

#include <csignal>
#include <string_view>

namespace leat::detail {

/// While it lives, a write of this thread to a reader that has gone fails with EPIPE and raises no SIGPIPE. What the
/// process does about the signal elsewhere stays as it is.
class without_sigpipe {
 public:
  without_sigpipe();
  without_sigpipe(without_sigpipe const&) = delete;
  without_sigpipe& operator=(without_sigpipe const&) = delete;
  ~without_sigpipe();

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
int write_all(int descriptor, std::string_view& bytes);

/// Some file systems, those of a network say, find out only when a descriptor is closed that what was written has no
/// room. Has them say so while the descriptor is still needed. 0, or the number of the error.
int close_copy_of(int descriptor);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/detail/write_all.ipp>
#endif
