// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/run/net/name_lookup.hpp>
#include <leat/run/threads/start_thread.hpp>

#include <netdb.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE resolved_addresses look_up(std::string const& host, std::string const& port, int lookup_flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | lookup_flags;
  addrinfo* first = nullptr;
  resolved_addresses resolved;
  if (int const error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &first); error != 0) {
    resolved.error = ::gai_strerror(error);
    return resolved;
  }
  for (addrinfo const* info = first; info != nullptr; info = info->ai_next) {
    resolved_addresses::socket_address address;
    address.size = info->ai_addrlen;
    std::memcpy(&address.bytes, info->ai_addr, info->ai_addrlen);
    resolved.list.push_back(address);
  }
  ::freeaddrinfo(first);
  return resolved;
}

LEAT_INLINE name_lookup::name_lookup(function resolve, std::string host, std::string port)
    : state_(std::make_shared<state>()) {
  state_->resolve = resolve;
  state_->host = std::move(host);
  state_->port = std::move(port);
  auto owned_state = std::make_unique<std::shared_ptr<state>>(state_);
  std::thread thread = start_thread(&run, owned_state.get());
  owned_state.release();
  thread.detach();
}

LEAT_INLINE void name_lookup::on_done(std::function<void()> call) {
  std::lock_guard const lock(state_->mutex);
  state_->on_done = std::move(call);
}

LEAT_INLINE resolved_addresses const* name_lookup::answer() const {
  std::lock_guard const lock(state_->mutex);
  return state_->done ? &state_->answer : nullptr;
}

LEAT_INLINE void name_lookup::run(void* owned_state) {
  std::unique_ptr<std::shared_ptr<state>> const owned(static_cast<std::shared_ptr<state>*>(owned_state));
  state& lookup = **owned;
  resolved_addresses answer = lookup.resolve(lookup.host, lookup.port, 0);
  std::lock_guard const lock(lookup.mutex);
  lookup.answer = std::move(answer);
  lookup.done = true;
  if (lookup.on_done) lookup.on_done();
}

}  // namespace leat::detail
