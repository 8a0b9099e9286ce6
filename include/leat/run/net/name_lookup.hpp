// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>

#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace leat::detail {

/// The addresses of a host and port.
struct resolved_addresses {
  struct socket_address {
    sockaddr_storage bytes{};
    socklen_t size = 0;
  };
  std::vector<socket_address> list;
  std::string error;  ///< why there are none
};

/// Asks the system by `getaddrinfo`, with these flags. Blocks, perhaps for long, unless the flags include
/// AI_NUMERICHOST.
resolved_addresses look_up(std::string const& host, std::string const& port, int flags = 0);

/// Looks a name up on a thread of its own. The system's call cannot be ended early, and neither a worker nor the end of
/// a run may wait for it: the thread is left to itself.
class name_lookup {
 public:
  using function = resolved_addresses (*)(std::string const& host, std::string const& port, int flags);

  name_lookup(function resolve, std::string host, std::string port);
  name_lookup(name_lookup const&) = delete;
  name_lookup& operator=(name_lookup const&) = delete;
  ~name_lookup() { on_done({}); }

  /// Sets what is called when the answer is there: on the thread of the lookup, and never after this object's
  /// destructor.
  void on_done(std::function<void()> call);
  /// The answer; null as long as there is none.
  resolved_addresses const* answer() const;

 private:
  struct state {
    function resolve = nullptr;
    std::string host;
    std::string port;
    std::mutex mutex;
    std::function<void()> on_done;
    bool done = false;
    resolved_addresses answer;
  };

  /// The body of the thread, which owns a reference to the state.
  static void run(void* owned_state);

  std::shared_ptr<state> state_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/net/name_lookup.ipp>
#endif
