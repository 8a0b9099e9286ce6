// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/run/started.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace leat::detail {

/// Where a name leads.
struct places {
  struct place {
    sockaddr_storage address{};
    socklen_t size = 0;
  };
  std::vector<place> all;
  std::string trouble;  ///< why there are none
};

/// Asks the system. Blocks, perhaps for long, unless `only` says that the host is a number.
inline places look_up(std::string const& host, std::string const& port, int only = 0) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV | only;
  addrinfo* first = nullptr;
  places found;
  if (int const error = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &first); error != 0) {
    found.trouble = ::gai_strerror(error);
    return found;
  }
  for (addrinfo const* one = first; one != nullptr; one = one->ai_next) {
    places::place next;
    next.size = one->ai_addrlen;
    std::memcpy(&next.address, one->ai_addr, one->ai_addrlen);
    found.all.push_back(next);
  }
  ::freeaddrinfo(first);
  return found;
}

/// A name that is being looked up, on a thread of its own: the system's call cannot be ended early, and neither a worker
/// nor the end of a run can wait for it.
class name_lookup {
 public:
  using function = places (*)(std::string const& host, std::string const& port, int only);

  name_lookup(function ask, std::string host, std::string port) : state_(std::make_shared<state>()) {
    state_->ask = ask;
    state_->host = std::move(host);
    state_->port = std::move(port);
    auto held = std::make_unique<std::shared_ptr<state>>(state_);
    std::thread asking = started(&answer, held.get());
    held.release();
    asking.detach();
  }
  name_lookup(name_lookup const&) = delete;
  name_lookup& operator=(name_lookup const&) = delete;
  ~name_lookup() { on_done({}); }

  /// `call` is made on another thread when there is an answer, and not any more after this object's destructor.
  void on_done(std::function<void()> call) {
    std::lock_guard const lock(state_->mutex);
    state_->call = std::move(call);
  }
  /// The answer, or null as long as there is none.
  places const* answered() const {
    std::lock_guard const lock(state_->mutex);
    return state_->done ? &state_->found : nullptr;
  }

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

  static void answer(void* given) {
    std::unique_ptr<std::shared_ptr<state>> const held(static_cast<std::shared_ptr<state>*>(given));
    state& mine = **held;
    places found = mine.ask(mine.host, mine.port, 0);
    std::lock_guard const lock(mine.mutex);
    mine.found = std::move(found);
    mine.done = true;
    if (mine.call) mine.call();
  }

  std::shared_ptr<state> state_;
};

}  // namespace leat::detail
