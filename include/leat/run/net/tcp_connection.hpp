// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/cli/host_and_port.hpp>
#include <leat/run/net/name_lookup.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The only header that includes Asio. A program that is linked with the compiled form does not include it.
namespace leat::detail {

asio::ip::tcp::endpoint endpoint_of(resolved_addresses::socket_address const& address);

/// Opens a socket that programs which a step starts do not inherit; by Asio's own `open` they would. Closes what the
/// socket was before.
template <class Socket>
void open_socket(Socket& socket, asio::ip::tcp const& protocol, asio::error_code& error) {
  asio::error_code ignored;
  socket.close(ignored);
  int const descriptor = ::socket(protocol.family(), protocol.type() | SOCK_CLOEXEC, protocol.protocol());
  if (descriptor < 0)
    error.assign(errno, asio::system_category());
  else if (socket.assign(protocol, descriptor, error))
    ::close(descriptor);
}

/// A TCP connection: one that was accepted, or one that is being made. For one thread at a time.
class tcp_connection final : public connection {
 public:
  using tcp = asio::ip::tcp;

  /// A connection that has been accepted. `timeout`: how long sent bytes may stay unacknowledged before it is lost.
  tcp_connection(std::shared_ptr<asio::io_context> io, std::chrono::nanoseconds timeout, tcp::socket socket);
  /// Begins to connect to `host:port`; `resolve` looks the host up where it is a name.
  tcp_connection(std::shared_ptr<asio::io_context> io, std::chrono::nanoseconds timeout, std::string const& address,
                 name_lookup::function resolve);
  ~tcp_connection() override;

  std::size_t send(std::span<piece const> pieces) override;
  std::size_t receive(std::span<std::byte> into) override;
  bool open() const override { return state_ != state::closed; }
  std::string error() const override { return error_; }
  int descriptor() const override;
  void on_ready(std::function<void()> call) override;

 private:
  enum class state { connecting, ready, closed };
  static constexpr std::size_t most_pieces = 64;

  /// The system may choose the very port that is connected to as the port to connect from, when nobody listens there.
  bool is_connected_to_itself() const;
  void connect(resolved_addresses const& addresses);
  /// Tries the addresses one after the other, until one answers.
  void connect_to_next();
  void poll_while_connecting();
  /// Sets the options of a socket that has connected.
  void begin_transfer();
  void set_option(int level, int name, int value) {
    ::setsockopt(socket_.native_handle(), level, name, &value, sizeof value);
  }
  int timeout_in_milliseconds() const;
  void close(std::string reason);

  std::shared_ptr<asio::io_context> io_;
  std::chrono::nanoseconds timeout_;
  tcp::socket socket_;
  state state_ = state::ready;
  bool send_failed_ = false;
  std::string error_;
  std::string host_;
  std::vector<tcp::endpoint> untried_;  ///< the next one last
  std::optional<name_lookup> lookup_;
  /// Expires in the destructor: a handler that Asio calls later does nothing.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/net/tcp_connection.ipp>
#endif
