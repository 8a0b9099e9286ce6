// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/run/bridge/dialed_socket.hpp>
#include <leat/run/cli/host_and_port.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace leat::detail {

inline constexpr std::string_view unix_prefix = "unix:";

LEAT_INLINE std::string dialed_socket::fault_of(std::string_view address) {
  if (!address.starts_with(unix_prefix))
    return split_address(address) ? "" : "this is no address such as host:2101 or unix:/run/bridge";
  if (address.size() == unix_prefix.size()) return "the path of the socket is missing behind unix:";
  return address.size() - unix_prefix.size() < sizeof(sockaddr_un::sun_path) ? "" : "the path is too long for a socket";
}

LEAT_INLINE void dialed_socket::dial(std::string const& address, std::function<void()> wake) {
  close();
  if (address.starts_with(unix_prefix)) {
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    address.copy(place.sun_path, sizeof place.sun_path - 1, unix_prefix.size());
    resolved_addresses::socket_address found;
    found.size = sizeof place;
    std::memcpy(&found.bytes, &place, sizeof place);
    undialed_.push_back(found);
  } else {
    std::optional<host_and_port> const at = split_address(address);
    for (auto const& each : look_up(at->host, at->port, AI_NUMERICHOST).list) undialed_.push_back(each);
    if (undialed_.empty()) {
      lookup_.emplace(&look_up, at->host, at->port);
      lookup_->on_done(wake);
      if (lookup_->answer() != nullptr) wake();  // it was there before it could be told whom to call
      return;
    }
  }
  dial_next();
}

LEAT_INLINE void dialed_socket::go_on(short events) {
  if (lookup_) {
    resolved_addresses const* const answer = lookup_->answer();
    if (answer == nullptr) return;
    std::string const error = answer->error;
    for (auto const& each : answer->list) undialed_.push_back(each);
    lookup_.reset();
    if (undialed_.empty()) throw std::runtime_error("its name cannot be looked up: " + error);
    dial_next();
  } else if (connecting_ && events != 0) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) return check_connected();
    trouble_ = std::strerror(error);
    dial_next();
  }
}

LEAT_INLINE void dialed_socket::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  connecting_ = false;
  lookup_.reset();
  undialed_.clear();
}

LEAT_INLINE void dialed_socket::dial_next() {
  while (!undialed_.empty()) {
    resolved_addresses::socket_address const address = undialed_.front();
    undialed_.erase(0);
    if (descriptor_ >= 0) ::close(descriptor_);
    connecting_ = true;
    descriptor_ = ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor_ >= 0 && address.bytes.ss_family != AF_UNIX) {
      int const yes = 1;
      unsigned const patience = 15'000;  // milliseconds until what is sent has to have arrived
      ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      ::setsockopt(descriptor_, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
    }
    auto const* const place = reinterpret_cast<sockaddr const*>(&address.bytes);
    if (descriptor_ >= 0 && ::connect(descriptor_, place, address.size) == 0) return check_connected();
    if (errno == EINPROGRESS) return;
    trouble_ = std::strerror(errno);
  }
  throw std::runtime_error(trouble_);
}

/// A port that nobody has may be given to the socket that dials it, which then hears itself.
LEAT_INLINE void dialed_socket::check_connected() {
  connecting_ = false;
  sockaddr_storage own{};
  sockaddr_storage other{};
  socklen_t own_size = sizeof own;
  socklen_t other_size = sizeof other;
  ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&own), &own_size);
  ::getpeername(descriptor_, reinterpret_cast<sockaddr*>(&other), &other_size);
  if (own.ss_family != AF_UNIX && own_size == other_size && std::memcmp(&own, &other, own_size) == 0)
    throw std::runtime_error("nobody listens there");
}

LEAT_INLINE std::size_t dialed_socket::send(std::span<std::byte const> bytes) {
  ssize_t const count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count >= 0) return static_cast<std::size_t>(count);
  int const failure = errno;
  if (failure == EAGAIN || failure == EINTR) return 0;
  // What arrived before the connection broke is to be received first.
  std::byte unread{};
  if (::recv(descriptor_, &unread, 1, MSG_PEEK) > 0) return 0;
  throw std::runtime_error(std::strerror(failure));
}

LEAT_INLINE std::size_t dialed_socket::receive(std::span<std::byte> into) {
  ssize_t const count = ::recv(descriptor_, into.data(), into.size(), 0);
  if (count > 0) return static_cast<std::size_t>(count);
  if (count == 0) throw std::runtime_error("it closed the connection");
  if (errno != EAGAIN && errno != EINTR) throw std::runtime_error(std::strerror(errno));
  return 0;
}

}  // namespace leat::detail
