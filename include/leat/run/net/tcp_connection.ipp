// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
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
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE asio::ip::tcp::endpoint endpoint_of(places::place const& place) {
  asio::ip::tcp::endpoint end;
  end.resize(place.size);
  std::memcpy(end.data(), &place.address, place.size);
  return end;
}

LEAT_INLINE tcp_connection::tcp_connection(std::shared_ptr<asio::io_context> io, std::chrono::nanoseconds give_up_after,
                                           tcp::socket socket)
    : io_(std::move(io)), give_up_after_(give_up_after), socket_(std::move(socket)) {
  ready();
}

LEAT_INLINE tcp_connection::tcp_connection(std::shared_ptr<asio::io_context> io, std::chrono::nanoseconds give_up_after,
                                           std::string const& address, name_lookup::function ask)
    : io_(std::move(io)), give_up_after_(give_up_after), socket_(*io_), state_(state::connecting) {
  std::optional<host_and_port> const to = split_address(address);
  if (!to) {
    closed("\"" + address + "\" is not an address such as host:2101");
    return;
  }
  host_ = to->host;
  places const number = look_up(to->host, to->port, AI_NUMERICHOST);
  if (!number.all.empty())
    connect(number);
  else
    looking_up_.emplace(ask, to->host, to->port);
}

LEAT_INLINE tcp_connection::~tcp_connection() {
  alive_.reset();
  asio::error_code ignored;
  socket_.close(ignored);
  io_->restart();
  io_->poll();  // what was being connected hears of it
}

LEAT_INLINE std::size_t tcp_connection::send(std::span<piece const> pieces) {
  poll_while_connecting();
  if (state_ != state::ready || no_more_out_) return 0;
  std::array<asio::const_buffer, most_pieces> all;
  std::size_t const count = (std::min)(pieces.size(), all.size());
  for (std::size_t i = 0; i != count; ++i) all[i] = asio::const_buffer(pieces[i].data(), pieces[i].size());
  asio::error_code error;
  std::size_t const taken = socket_.write_some(std::span(all).first(count), error);
  if (error && error != asio::error::would_block) {
    no_more_out_ = true;  // there may still be something to read: why the other side went, say
    error_ = error.message();
  }
  return error ? 0 : taken;
}

LEAT_INLINE std::size_t tcp_connection::receive(std::span<std::byte> into) {
  poll_while_connecting();
  if (state_ != state::ready || into.empty()) return 0;
  asio::error_code error;
  std::size_t const got = socket_.read_some(asio::buffer(into.data(), into.size()), error);
  if (!error) return got;
  if (error == asio::error::would_block) return 0;
  closed(error == asio::error::eof ? connection::error() : error.message());
  return 0;
}

LEAT_INLINE int tcp_connection::descriptor() const {
  return open() && socket_.is_open() ? const_cast<tcp::socket&>(socket_).native_handle() : -1;
}

LEAT_INLINE void tcp_connection::on_ready(std::function<void()> call) {
  if (looking_up_) looking_up_->on_done(std::move(call));
}

LEAT_INLINE bool tcp_connection::is_its_own_other_end() const {
  asio::error_code ignored;
  return socket_.local_endpoint(ignored) == socket_.remote_endpoint(ignored);
}

LEAT_INLINE void tcp_connection::connect(places const& to) {
  if (to.all.empty()) {
    closed("cannot look up " + host_ + ": " + to.error);
    return;
  }
  for (auto place = to.all.rbegin(); place != to.all.rend(); ++place) ends_.push_back(endpoint_of(*place));
  connect_to_next();
}

LEAT_INLINE void tcp_connection::connect_to_next() {
  tcp::endpoint const end = ends_.back();
  ends_.pop_back();
  asio::error_code error;
  open_socket(socket_, end.protocol(), error);
  if (error) return closed(error.message());
  socket_.async_connect(end, [this, gone = std::weak_ptr<bool>(alive_)](asio::error_code failed) {
    if (gone.expired()) return;
    if (failed && !ends_.empty())
      connect_to_next();
    else if (failed)
      closed(failed.message());
    else if (is_its_own_other_end())
      closed("nobody listens there");
    else
      ready();
  });
}

LEAT_INLINE void tcp_connection::poll_while_connecting() {
  if (state_ != state::connecting) return;
  if (looking_up_) {
    places const* const found = looking_up_->answered();
    if (found == nullptr) return;
    connect(*found);
    looking_up_.reset();
  }
  io_->restart();
  io_->poll();
}

LEAT_INLINE void tcp_connection::ready() {
  asio::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 5);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 2);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, milliseconds());
  state_ = state::ready;
}

LEAT_INLINE int tcp_connection::milliseconds() const {
  using std::chrono::milliseconds;
  return static_cast<int>(std::clamp<std::int64_t>(std::chrono::duration_cast<milliseconds>(give_up_after_).count(), 1,
                                                   (std::numeric_limits<int>::max)()));
}

LEAT_INLINE void tcp_connection::closed(std::string why) {
  state_ = state::closed;
  if (error_.empty()) error_ = std::move(why);
}

}  // namespace leat::detail
