// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/peers/link.hpp>
#include <leat/run/cli/host_and_port.hpp>
#include <leat/run/net/name_lookup.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The one header that includes Asio. A program that is linked with the compiled form does not include it.
namespace leat::detail {

asio::ip::tcp::endpoint endpoint_of(places::place const& place);

/// Programs that a step starts do not inherit it, which Asio's own `open` would let them. What the socket was is closed.
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

class tcp_connection final : public connection {
 public:
  using tcp = asio::ip::tcp;

  /// One that has been made.
  tcp_connection(std::shared_ptr<asio::io_context> io, std::chrono::nanoseconds give_up_after, tcp::socket socket);
  /// One that is to be made.
  tcp_connection(std::shared_ptr<asio::io_context> io, std::chrono::nanoseconds give_up_after,
                 std::string const& address, name_lookup::function ask);
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

  /// Who dials a free port of this machine may be given that very port to dial from.
  bool is_its_own_other_end() const;
  void connect(places const& to);
  /// One after the other, until one answers.
  void connect_to_next();
  void poll_while_connecting();
  void ready();
  void set(int level, int name, int value) { ::setsockopt(socket_.native_handle(), level, name, &value, sizeof value); }
  int milliseconds() const;
  void closed(std::string why);

  std::shared_ptr<asio::io_context> io_;
  std::chrono::nanoseconds give_up_after_;
  tcp::socket socket_;
  state state_ = state::ready;
  bool no_more_out_ = false;
  std::string error_;
  std::string host_;
  std::vector<tcp::endpoint> ends_;  ///< to be tried, the next one last
  std::optional<name_lookup> looking_up_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/net/tcp_connection.ipp>
#endif
