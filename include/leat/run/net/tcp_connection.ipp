// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/error.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/net/name_lookup.hpp>
#include <leat/run/net/tcp_connection.hpp>

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE asio::ip::tcp::endpoint endpoint_of(resolved_addresses::socket_address const& address) {
  asio::ip::tcp::endpoint endpoint;
  endpoint.resize(address.size);
  std::memcpy(endpoint.data(), &address.bytes, address.size);
  return endpoint;
}

LEAT_INLINE tcp_connection::tcp_connection(std::shared_ptr<asio::io_context> io, std::chrono::nanoseconds timeout,
                                           tcp::socket socket)
    : io_(std::move(io)), timeout_(timeout), socket_(std::move(socket)) {
  begin_transfer();
}

LEAT_INLINE tcp_connection::tcp_connection(std::shared_ptr<asio::io_context> io, std::chrono::nanoseconds timeout,
                                           std::string const& address, name_lookup::function resolve)
    : io_(std::move(io)), timeout_(timeout), socket_(*io_), state_(state::connecting) {
  std::optional<host_and_port> const target = split_address(address);
  if (!target) {
    close("\"" + address + "\" is not an address such as host:2101");
    return;
  }
  host_ = target->host;
  resolved_addresses const numeric = look_up(target->host, target->port, AI_NUMERICHOST);
  if (!numeric.list.empty())
    connect(numeric);
  else
    lookup_.emplace(resolve, target->host, target->port);
}

LEAT_INLINE tcp_connection::~tcp_connection() {
  alive_.reset();
  asio::error_code ignored;
  socket_.close(ignored);
  io_->restart();
  io_->poll();  // runs the handler of an attempt to connect
}

LEAT_INLINE std::size_t tcp_connection::send(std::span<piece const> pieces) {
  poll_while_connecting();
  if (state_ != state::ready || send_failed_) return 0;
  std::array<asio::const_buffer, most_pieces> buffers;
  std::size_t const count = (std::min)(pieces.size(), buffers.size());
  for (std::size_t i = 0; i != count; ++i) buffers[i] = asio::const_buffer(pieces[i].data(), pieces[i].size());
  asio::error_code error;
  std::size_t const taken = socket_.write_some(std::span(buffers).first(count), error);
  if (error && error != asio::error::would_block) {
    send_failed_ = true;  // there may still be something to read, such as why the other side closed
    error_ = error.message();
  }
  return error ? 0 : taken;
}

LEAT_INLINE std::size_t tcp_connection::receive(std::span<std::byte> into) {
  poll_while_connecting();
  if (state_ != state::ready || into.empty()) return 0;
  asio::error_code error;
  std::size_t const received = socket_.read_some(asio::buffer(into.data(), into.size()), error);
  if (!error) return received;
  if (error == asio::error::would_block) return 0;
  close(error == asio::error::eof ? connection::error() : error.message());
  return 0;
}

LEAT_INLINE int tcp_connection::descriptor() const {
  return open() && socket_.is_open() ? const_cast<tcp::socket&>(socket_).native_handle() : -1;
}

LEAT_INLINE void tcp_connection::on_ready(std::function<void()> call) {
  if (lookup_) lookup_->on_done(std::move(call));
}

LEAT_INLINE bool tcp_connection::is_connected_to_itself() const {
  asio::error_code ignored;
  return socket_.local_endpoint(ignored) == socket_.remote_endpoint(ignored);
}

LEAT_INLINE void tcp_connection::connect(resolved_addresses const& addresses) {
  if (addresses.list.empty()) {
    close("cannot look up " + host_ + ": " + addresses.error);
    return;
  }
  for (auto address = addresses.list.rbegin(); address != addresses.list.rend(); ++address)
    untried_.push_back(endpoint_of(*address));
  connect_to_next();
}

LEAT_INLINE void tcp_connection::connect_to_next() {
  tcp::endpoint const endpoint = untried_.back();
  untried_.pop_back();
  asio::error_code error;
  open_socket(socket_, endpoint.protocol(), error);
  if (error) return close(error.message());
  socket_.async_connect(endpoint, [this, alive = std::weak_ptr<bool>(alive_)](asio::error_code failed) {
    if (alive.expired()) return;
    if (failed && !untried_.empty())
      connect_to_next();
    else if (failed)
      close(failed.message());
    else if (is_connected_to_itself())
      close("nobody listens there");
    else
      begin_transfer();
  });
}

LEAT_INLINE void tcp_connection::poll_while_connecting() {
  if (state_ != state::connecting) return;
  if (lookup_) {
    resolved_addresses const* const answer = lookup_->answer();
    if (answer == nullptr) return;
    connect(*answer);
    lookup_.reset();
  }
  io_->restart();
  io_->poll();
}

LEAT_INLINE void tcp_connection::begin_transfer() {
  asio::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  set_option(SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(IPPROTO_TCP, TCP_KEEPIDLE, 5);
  set_option(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(IPPROTO_TCP, TCP_KEEPCNT, 2);
  set_option(IPPROTO_TCP, TCP_USER_TIMEOUT, timeout_in_milliseconds());
  state_ = state::ready;
}

LEAT_INLINE int tcp_connection::timeout_in_milliseconds() const {
  using std::chrono::milliseconds;
  return static_cast<int>(std::clamp<std::int64_t>(std::chrono::duration_cast<milliseconds>(timeout_).count(), 1,
                                                   (std::numeric_limits<int>::max)()));
}

LEAT_INLINE void tcp_connection::close(std::string reason) {
  state_ = state::closed;
  if (error_.empty()) error_ = std::move(reason);
}

}  // namespace leat::detail
