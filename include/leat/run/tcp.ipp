// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/error.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/cli/host_and_port.hpp>
#include <leat/run/local/standard_descriptors.hpp>
#include <leat/run/net/name_lookup.hpp>
#include <leat/run/net/tcp_connection.hpp>
#include <leat/run/tcp.hpp>

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

namespace leat {
namespace detail {

class tcp_sockets {
 public:
  standard_descriptors kept;  // a program may make its network before it runs a flow
  std::shared_ptr<asio::io_context> io = std::make_shared<asio::io_context>(1);
  asio::ip::tcp::acceptor acceptor{*io};
};

LEAT_INLINE std::shared_ptr<network> make_tcp_network(options const& options) {
  return std::make_shared<tcp_network>(options.dead_after);
}
LEAT_INLINE bool is_tcp_address(std::string_view text) { return split_address(text).has_value(); }

}  // namespace detail

LEAT_INLINE tcp_network::tcp_network(std::chrono::nanoseconds give_up_after, detail::name_lookup::function ask)
    : give_up_after_(give_up_after), ask_(ask), sockets_(std::make_unique<detail::tcp_sockets>()) {}
LEAT_INLINE tcp_network::~tcp_network() = default;

LEAT_INLINE bool tcp_network::listen(std::string const& address) {
  using asio::ip::tcp;
  if (sockets_->acceptor.is_open()) return open_to_others_;
  auto const fail = [&](std::string const& reason) {
    asio::error_code ignored;
    sockets_->acceptor.close(ignored);
    throw cluster_error(cluster_error::status::lost, "cannot listen at " + address + ": " + reason);
  };
  std::optional<detail::host_and_port> const at = detail::split_address(address);
  if (!at) fail("it is not an address such as host:2101");
  detail::resolved_addresses found = detail::look_up(at->host, at->port, AI_PASSIVE | AI_NUMERICHOST);
  bool const by_name = found.list.empty();
  if (by_name) found = own_addresses(address, at->host, at->port);
  if (found.list.empty()) throw no_such_place_yet("cannot listen at " + address + ": " + found.error);
  tcp::endpoint const place = detail::endpoint_of(found.list.front());
  asio::error_code error;
  detail::open_socket(sockets_->acceptor, place.protocol(), error);
  if (!error) sockets_->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) sockets_->acceptor.bind(place, error);
  if (!error) sockets_->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) sockets_->acceptor.non_blocking(true, error);
  if (error == asio::error::address_in_use)
    fail(error.message() + ": perhaps by another process with the number of this one, or by an earlier run");
  if (by_name && error == asio::error_code(EADDRNOTAVAIL, asio::system_category())) {
    asio::error_code ignored;
    sockets_->acceptor.close(ignored);
    throw no_such_place_yet("cannot listen at " + address + ": " + error.message());
  }
  if (error) fail(error.message());
  host_ = address.substr(0, address.rfind(':'));
  open_to_others_ = !place.address().is_loopback();
  return open_to_others_;
}

LEAT_INLINE detail::resolved_addresses tcp_network::own_addresses(std::string const& address, std::string const& host,
                                                                  std::string const& port) {
  if (!own_name_ || own_address_ != address) {
    own_name_ = std::make_unique<detail::name_lookup>(ask_, host, port);
    own_address_ = address;
  }
  detail::resolved_addresses const* const answer = own_name_->answer();
  if (answer == nullptr) throw no_such_place_yet("cannot listen at " + address + ": its name is still being looked up");
  detail::resolved_addresses found = *answer;
  own_name_.reset();
  return found;
}

LEAT_INLINE std::string tcp_network::listens_at() const {
  asio::error_code error;
  auto const port = sockets_->acceptor.local_endpoint(error).port();
  return error ? std::string() : host_ + ":" + std::to_string(unsigned{port});
}

LEAT_INLINE std::unique_ptr<connection> tcp_network::accept() {
  // The system makes a socket before it looks whether anybody is there: to ask first costs less.
  pollfd at{door(), POLLIN, 0};
  if (::poll(&at, 1, 0) != 1) return nullptr;
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  int const descriptor = ::accept4(at.fd, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
  error_.clear();
  if (descriptor < 0) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
      error_ = std::string("nobody can be let in: ") + std::strerror(errno);
    return nullptr;
  }
  asio::error_code error;
  asio::ip::tcp::socket accepted(*sockets_->io);
  if (accepted.assign(from.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor, error)) {
    ::close(descriptor);
    return nullptr;
  }
  return std::make_unique<detail::tcp_connection>(sockets_->io, give_up_after_, std::move(accepted));
}

LEAT_INLINE std::unique_ptr<connection> tcp_network::connect(std::string const& address) {
  return std::make_unique<detail::tcp_connection>(sockets_->io, give_up_after_, address, ask_);
}

LEAT_INLINE int tcp_network::door() const {
  return sockets_->acceptor.is_open() ? sockets_->acceptor.native_handle() : -1;
}

}  // namespace leat
