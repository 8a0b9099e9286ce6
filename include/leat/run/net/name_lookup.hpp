// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/socket.h>

#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace leat::detail {

/// Where a name leads.
struct places {
  struct place {
    sockaddr_storage address{};
    socklen_t size = 0;
  };
  std::vector<place> all;
  std::string error;  ///< why there are none
};

/// Asks the system. Blocks, perhaps for long, unless `only` says that the host is a number.
places look_up(std::string const& host, std::string const& port, int only = 0);

/// A name that is being looked up, on a thread of its own: the system's call cannot be ended early, and neither a worker
/// nor the end of a run can wait for it.
class name_lookup {
 public:
  using function = places (*)(std::string const& host, std::string const& port, int only);

  name_lookup(function ask, std::string host, std::string port);
  name_lookup(name_lookup const&) = delete;
  name_lookup& operator=(name_lookup const&) = delete;
  ~name_lookup() { on_done({}); }

  /// `call` is made on another thread when there is an answer, and not any more after this object's destructor.
  void on_done(std::function<void()> call);
  /// The answer, or null as long as there is none.
  places const* answered() const;

 private:
  struct state {
    function ask = nullptr;
    std::string host;
    std::string port;
    std::mutex mutex;
    std::function<void()> call;
    bool done = false;
    places found;
  };

  static void answer(void* given);

  std::shared_ptr<state> state_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/net/name_lookup.ipp>
#endif
