// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/needs.hpp>
#ifndef LEAT_REFUSED

#include <leat/error.hpp>
#include <leat/route/link.hpp>
#include <leat/run/cluster.hpp>
#include <leat/run/name_lookup.hpp>
#include <leat/run/standard_descriptors.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

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

/// Processes reach each other over TCP, by Asio. A program that includes this header can be run as a cluster.
namespace leat {
namespace detail {

struct host_and_port {
  std::string host;
  std::string port;
};

/// `host:port`, `[::1]:port`. Nothing where it is neither.
inline std::optional<host_and_port> split_address(std::string_view address) {
  std::size_t const colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == address.size()) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  std::string_view const port = address.substr(colon + 1);
  if (port.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  bool const bracketed = host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!bracketed && host.find(':') != std::string_view::npos)) return std::nullopt;
  return host_and_port{std::string(host), std::string(port)};
}

inline asio::ip::tcp::endpoint endpoint_of(places::place const& place) {
  asio::ip::tcp::endpoint end;
  end.resize(place.size);
  std::memcpy(end.data(), &place.address, place.size);
  return end;
}

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
  tcp_connection(std::shared_ptr<asio::io_context> io, std::chrono::nanoseconds give_up_after, tcp::socket socket)
      : io_(std::move(io)), give_up_after_(give_up_after), socket_(std::move(socket)) {
    ready();
  }
  /// One that is to be made.
  tcp_connection(std::shared_ptr<asio::io_context> io, std::chrono::nanoseconds give_up_after,
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
  ~tcp_connection() override {
    alive_.reset();
    asio::error_code ignored;
    socket_.close(ignored);
    io_->restart();
    io_->poll();  // what was being connected hears of it
  }

  std::size_t send(std::span<piece const> pieces) override {
    poll_while_connecting();
    if (state_ != state::ready || no_more_out_) return 0;
    std::array<asio::const_buffer, most_pieces> all;
    std::size_t const count = (std::min)(pieces.size(), all.size());
    for (std::size_t i = 0; i != count; ++i) all[i] = asio::const_buffer(pieces[i].data(), pieces[i].size());
    asio::error_code error;
    std::size_t const taken = socket_.write_some(std::span(all).first(count), error);
    if (error && error != asio::error::would_block) {
      no_more_out_ = true;  // there may still be something to read: why the other side went, say
      trouble_ = error.message();
    }
    return error ? 0 : taken;
  }
  std::size_t receive(std::span<std::byte> into) override {
    poll_while_connecting();
    if (state_ != state::ready || into.empty()) return 0;
    asio::error_code error;
    std::size_t const got = socket_.read_some(asio::buffer(into.data(), into.size()), error);
    if (!error) return got;
    if (error == asio::error::would_block) return 0;
    closed(error == asio::error::eof ? connection::trouble() : error.message());
    return 0;
  }
  bool open() const override { return state_ != state::closed; }
  std::string trouble() const override { return trouble_; }
  int descriptor() const override {
    return open() && socket_.is_open() ? const_cast<tcp::socket&>(socket_).native_handle() : -1;
  }
  void on_ready(std::function<void()> call) override {
    if (looking_up_) looking_up_->on_done(std::move(call));
  }

 private:
  enum class state { connecting, ready, closed };
  static constexpr std::size_t most_pieces = 64;

  /// Who dials a free port of this machine may be given that very port to dial from.
  bool is_its_own_other_end() const {
    asio::error_code ignored;
    return socket_.local_endpoint(ignored) == socket_.remote_endpoint(ignored);
  }
  void connect(places const& to) {
    if (to.all.empty()) {
      closed("cannot look up " + host_ + ": " + to.trouble);
      return;
    }
    for (auto place = to.all.rbegin(); place != to.all.rend(); ++place) ends_.push_back(endpoint_of(*place));
    connect_to_next();
  }
  /// One after the other, until one answers.
  void connect_to_next() {
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
  void poll_while_connecting() {
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
  void ready() {
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
  void set(int level, int name, int value) { ::setsockopt(socket_.native_handle(), level, name, &value, sizeof value); }
  int milliseconds() const {
    using std::chrono::milliseconds;
    return static_cast<int>(std::clamp<std::int64_t>(std::chrono::duration_cast<milliseconds>(give_up_after_).count(), 1,
                                                     (std::numeric_limits<int>::max)()));
  }
  void closed(std::string why) {
    state_ = state::closed;
    if (trouble_.empty()) trouble_ = std::move(why);
  }

  std::shared_ptr<asio::io_context> io_;
  std::chrono::nanoseconds give_up_after_;
  tcp::socket socket_;
  state state_ = state::ready;
  bool no_more_out_ = false;
  std::string trouble_;
  std::string host_;
  std::vector<tcp::endpoint> ends_;  ///< to be tried, the next one last
  std::optional<name_lookup> looking_up_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();
};

}  // namespace detail

/// TCP for one process.
class tcp_network final : public network {
 public:
  /// What was sent and is not acknowledged for so long ends the connection (TCP_USER_TIMEOUT). `ask` looks up names:
  /// of the others each time they are dialed, on a thread that may wait, and where to listen by whoever calls `listen`.
  explicit tcp_network(std::chrono::nanoseconds give_up_after = std::chrono::seconds(15),
                       detail::name_lookup::function ask = &detail::look_up)
      : give_up_after_(give_up_after), ask_(ask) {}

  bool listen(std::string const& address) override {
    using asio::ip::tcp;
    if (acceptor_.is_open()) return open_to_others_;
    auto const fail = [&](std::string const& why) {
      asio::error_code ignored;
      acceptor_.close(ignored);
      throw cluster_error(cluster_error::status::lost, "cannot listen at " + address + ": " + why);
    };
    std::optional<detail::host_and_port> const at = detail::split_address(address);
    if (!at) fail("it is not an address such as host:2101");
    detail::places found = detail::look_up(at->host, at->port, AI_PASSIVE | AI_NUMERICHOST);
    bool const by_name = found.all.empty();
    if (by_name) found = ask_(at->host, at->port, AI_PASSIVE);
    if (found.all.empty()) throw no_such_place_yet("cannot listen at " + address + ": " + found.trouble);
    tcp::endpoint const place = detail::endpoint_of(found.all.front());
    asio::error_code error;
    detail::open_socket(acceptor_, place.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(place, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) acceptor_.non_blocking(true, error);
    if (error == asio::error::address_in_use)
      fail(error.message() + ": perhaps by another process with the number of this one, or by an earlier run");
    if (by_name && error == asio::error_code(EADDRNOTAVAIL, asio::system_category())) {
      asio::error_code ignored;
      acceptor_.close(ignored);
      throw no_such_place_yet("cannot listen at " + address + ": " + error.message());
    }
    if (error) fail(error.message());
    host_ = address.substr(0, address.rfind(':'));
    open_to_others_ = !place.address().is_loopback();
    return open_to_others_;
  }
  std::string listens_at() const override {
    asio::error_code error;
    auto const port = acceptor_.local_endpoint(error).port();
    return error ? std::string() : host_ + ":" + std::to_string(unsigned{port});
  }
  std::unique_ptr<connection> accept() override {
    // The system makes a socket before it looks whether anybody is there: to ask first costs less.
    pollfd at{door(), POLLIN, 0};
    if (::poll(&at, 1, 0) != 1) return nullptr;
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    int const descriptor = ::accept4(at.fd, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
    trouble_.clear();
    if (descriptor < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        trouble_ = std::string("nobody can be let in: ") + std::strerror(errno);
      return nullptr;
    }
    asio::error_code error;
    asio::ip::tcp::socket accepted(*io_);
    if (accepted.assign(from.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor, error)) {
      ::close(descriptor);
      return nullptr;
    }
    return std::make_unique<detail::tcp_connection>(io_, give_up_after_, std::move(accepted));
  }
  std::string trouble() const override { return trouble_; }
  std::unique_ptr<connection> dial(std::string const& address) override {
    return std::make_unique<detail::tcp_connection>(io_, give_up_after_, address, ask_);
  }
  /// While nobody can be let in, who waits at the door is no reason to wake up: it is looked at when something else is.
  int descriptor() const override { return trouble_.empty() ? door() : -1; }

 private:
  int door() const { return acceptor_.is_open() ? const_cast<asio::ip::tcp::acceptor&>(acceptor_).native_handle() : -1; }

  std::chrono::nanoseconds give_up_after_;
  detail::name_lookup::function ask_;
  detail::standard_descriptors kept_;  // a program may make its network before it runs a flow
  std::shared_ptr<asio::io_context> io_ = std::make_shared<asio::io_context>(1);
  asio::ip::tcp::acceptor acceptor_{*io_};
  std::string host_;  ///< as it was written
  std::string trouble_;
  bool open_to_others_ = false;
};

namespace detail {
inline bool const tcp_is_the_default = [] {
  support_of_clusters().make_network = [](options const& how) {
    return std::shared_ptr<network>(new tcp_network(how.dead_after));
  };
  support_of_clusters().is_address = [](std::string_view text) { return split_address(text).has_value(); };
  return true;
}();
}  // namespace detail
}  // namespace leat
#endif
