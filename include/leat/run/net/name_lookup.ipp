// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/net/name_lookup.hpp>
#include <leat/run/threads/started.hpp>

#include <netdb.h>

#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE places look_up(std::string const& host, std::string const& port, int only) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV | only;
  addrinfo* first = nullptr;
  places found;
  if (int const error = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &first); error != 0) {
    found.error = ::gai_strerror(error);
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

LEAT_INLINE name_lookup::name_lookup(function ask, std::string host, std::string port)
    : state_(std::make_shared<state>()) {
  state_->ask = ask;
  state_->host = std::move(host);
  state_->port = std::move(port);
  auto held = std::make_unique<std::shared_ptr<state>>(state_);
  std::thread asking = started(&answer, held.get());
  held.release();
  asking.detach();
}

LEAT_INLINE void name_lookup::on_done(std::function<void()> call) {
  std::lock_guard const lock(state_->mutex);
  state_->call = std::move(call);
}

LEAT_INLINE places const* name_lookup::answered() const {
  std::lock_guard const lock(state_->mutex);
  return state_->done ? &state_->found : nullptr;
}

LEAT_INLINE void name_lookup::answer(void* given) {
  std::unique_ptr<std::shared_ptr<state>> const held(static_cast<std::shared_ptr<state>*>(given));
  state& mine = **held;
  places found = mine.ask(mine.host, mine.port, 0);
  std::lock_guard const lock(mine.mutex);
  mine.found = std::move(found);
  mine.done = true;
  if (mine.call) mine.call();
}

}  // namespace leat::detail
