// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/detail/needs.hpp>  // IWYU pragma: keep
#ifndef LEAT_REFUSED

#if !__has_include(<openssl/ssl.h>)
#error "leat/run/tls.hpp needs OpenSSL 3: install libssl-dev (Debian, Ubuntu) or openssl-devel (Fedora)"
#endif

#include <leat/route/peers/link.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/net/tls_connection.hpp>
#include <leat/run/options.hpp>
#include <leat/run/tcp.hpp>  // IWYU pragma: export

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Processes prove to each other who they are with certificates, and nobody else can read or change what they send: TLS
/// 1.3, by OpenSSL, over TCP or any other link. A program that includes this header takes `options::tls`.
namespace leat {
namespace detail {

/// The name that a certificate has to bear for the process at this address.
std::string host_of(std::string const& address);

/// Whether a certificate is for this host, a name or an IP address, by its subjectAltName.
bool names_host(X509* certificate, std::string const& host);

/// What the three files say, checked. Throws flow_error, which names the file, when they cannot serve.
[[gnu::cold]] ssl_context_pointer tls_context(tls_files const& files);

}  // namespace detail

/// Any network, with TLS on each of its connections. Both sides must show a certificate that the authority has signed.
/// Who dials sees that it names the host that was dialed; who accepts, that it names a host of the list.
class tls_network final : public network {
 public:
  /// Throws flow_error, which names the file of `options.tls`, when one cannot serve. The list of addresses is
  /// that of `options`.
  tls_network(std::shared_ptr<network> under, options const& options);

  bool listen(std::string const& address) override;
  std::string listens_at() const override { return under_->listens_at(); }
  std::unique_ptr<connection> accept() override;
  std::string error() const override { return under_->error(); }
  std::unique_ptr<connection> connect(std::string const& address) override;
  int descriptor() const override { return under_->descriptor(); }
  void on_ready(std::function<void()> call) override { under_->on_ready(std::move(call)); }

 private:
  std::shared_ptr<network> under_;
  detail::ssl_context_pointer context_;
  std::vector<std::string> hosts_;
};

namespace detail {
std::shared_ptr<network> make_tls_network(std::shared_ptr<network> under, options const& options);

[[gnu::visibility("hidden")]] inline bool support_tls() {
  support_of_clusters().encrypt = &make_tls_network;
  return true;
}
[[gnu::visibility("hidden")]] inline bool const tls_is_supported = support_tls();

}  // namespace detail
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/run/tls.ipp>
#endif
#endif
