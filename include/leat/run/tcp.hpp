// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/needs.hpp>  // IWYU pragma: keep
#ifndef LEAT_REFUSED

#include <leat/route/peers/link.hpp>
#include <leat/run/cluster.hpp>
#include <leat/run/net/name_lookup.hpp>

#include <memory>
#include <string>
#include <string_view>

/// Processes reach each other over TCP, by Asio. A program that includes this header can be run as a cluster.
namespace leat {
namespace detail {
class tcp_sockets;
}

/// TCP for one process.
class tcp_network final : public network {
 public:
  /// What was sent and is not acknowledged for so long ends the connection (TCP_USER_TIMEOUT). `ask` looks up names:
  /// of the others each time they are dialed, on a thread that may wait, and where to listen by whoever calls `listen`.
  explicit tcp_network(std::chrono::nanoseconds give_up_after = std::chrono::seconds(15),
                       detail::name_lookup::function ask = &detail::look_up);
  ~tcp_network() override;

  bool listen(std::string const& address) override;
  std::string listens_at() const override;
  std::unique_ptr<connection> accept() override;
  std::string error() const override { return error_; }
  std::unique_ptr<connection> connect(std::string const& address) override;
  /// While nobody can be let in, who waits at the door is no reason to wake up: it is looked at when something else is.
  int descriptor() const override { return error_.empty() ? door() : -1; }

 private:
  int door() const;
  /// What the system knows of a name that this process is to listen at. Throws no_such_place_yet until it has answered.
  detail::resolved_addresses own_addresses(std::string const& address, std::string const& host,
                                           std::string const& port);

  std::chrono::nanoseconds give_up_after_;
  detail::name_lookup::function ask_;
  std::unique_ptr<detail::tcp_sockets> sockets_;
  std::string host_;                               ///< as it was written
  std::unique_ptr<detail::name_lookup> own_name_;  ///< under way
  std::string own_address_;                        ///< that it asks for
  std::string error_;
  bool open_to_others_ = false;
};

namespace detail {
std::shared_ptr<network> make_tcp_network(options const& options);
bool is_tcp_address(std::string_view text);
[[gnu::visibility("hidden")]] inline bool make_tcp_the_default() {
  support_of_clusters().make_network = &make_tcp_network;
  support_of_clusters().is_address = &is_tcp_address;
  return true;
}
[[gnu::visibility("hidden")]] inline bool const tcp_is_the_default = make_tcp_the_default();
}  // namespace detail
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/run/tcp.ipp>
#endif
#endif
