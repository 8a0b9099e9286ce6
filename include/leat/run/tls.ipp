// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/cli/host_and_port.hpp>
#include <leat/run/net/tls_connection.hpp>
#include <leat/run/options.hpp>
#include <leat/run/tcp.hpp>
#include <leat/run/tls.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE std::string host_of(std::string const& address) {
  std::optional<host_and_port> const parts = split_address(address);
  return parts ? parts->host : address;
}

LEAT_INLINE bool names_host(X509* certificate, std::string const& host) {
  unsigned const rules = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
  return X509_check_ip_asc(certificate, host.c_str(), rules) == 1 ||
         X509_check_host(certificate, host.data(), host.size(), rules, nullptr) == 1;
}

LEAT_INLINE ssl_context_pointer tls_context(tls_files const& files) {
  struct file {
    char const* purpose;
    std::string const& path;
    [[noreturn]] void fail(std::string_view reason) const {
      throw flow_error(concat({"TLS: ", purpose, " ", path, ": ", reason}));
    }
  };
  file const certificate{"certificate", files.certificate};
  file const key{"key", files.key};
  file const authority{"authority", files.authority};
  for (file const& needed : {certificate, key, authority}) {
    if (needed.path.empty())
      throw flow_error("TLS needs three files: --tls-certificate, --tls-key and --tls-authority");
    if (::access(needed.path.c_str(), R_OK) != 0) needed.fail(std::strerror(errno));
  }
  struct stat of_key{};
  if (::stat(key.path.c_str(), &of_key) != 0) key.fail(std::strerror(errno));
  if ((of_key.st_mode & S_IRWXO) != 0) key.fail("everybody may read it: chmod 600 it");

  ERR_clear_error();
  ssl_context_pointer context(SSL_CTX_new(TLS_method()));
  if (!context) throw flow_error("TLS: OpenSSL does not work: " + openssl_reason());
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(raw, 32 * 1024);
  // A key with a passphrase is refused: nobody may be there to be asked.
  SSL_CTX_set_default_passwd_cb(raw, [](char*, int, int, void*) { return -1; });
  if (SSL_CTX_use_certificate_chain_file(raw, certificate.path.c_str()) != 1) certificate.fail(openssl_reason());
  if (X509_cmp_current_time(X509_get0_notAfter(SSL_CTX_get0_certificate(raw))) < 0) certificate.fail("it has expired");
  if (X509_cmp_current_time(X509_get0_notBefore(SSL_CTX_get0_certificate(raw))) > 0)
    certificate.fail("it is not valid yet");
  if (SSL_CTX_use_PrivateKey_file(raw, key.path.c_str(), SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(raw) != 1)
    key.fail(openssl_reason());
  if (SSL_CTX_load_verify_locations(raw, authority.path.c_str(), nullptr) != 1) authority.fail(openssl_reason());
  return context;
}

}  // namespace leat::detail

namespace leat {

LEAT_INLINE tls_network::tls_network(std::shared_ptr<network> under, options const& options)
    : under_(std::move(under)), context_(detail::tls_context(options.tls)) {
  for (std::string const& address : options.addresses) hosts_.push_back(detail::host_of(address));
}

LEAT_INLINE bool tls_network::listen(std::string const& address) {
  under_->listen(address);
  return false;  // strangers have no certificate
}

LEAT_INLINE std::unique_ptr<connection> tls_network::accept() {
  std::unique_ptr<connection> link = under_->accept();
  if (!link) return nullptr;
  detail::ssl_pointer session(SSL_new(context_.get()));
  SSL_set_accept_state(session.get());
  return std::make_unique<detail::tls_connection>(std::move(link), std::move(session), [hosts = hosts_](X509* shown) {
    for (std::string const& host : hosts)
      if (detail::names_host(shown, host)) return std::string();
    return std::string("its certificate is for none of the addresses of the cluster");
  });
}

LEAT_INLINE std::unique_ptr<connection> tls_network::connect(std::string const& address) {
  detail::ssl_pointer session(SSL_new(context_.get()));
  std::string const host = detail::host_of(address);
  SSL_set_connect_state(session.get());
  return std::make_unique<detail::tls_connection>(under_->connect(address), std::move(session), [host](X509* shown) {
    return detail::names_host(shown, host) ? std::string() : "its certificate is not for " + host;
  });
}

LEAT_INLINE std::shared_ptr<network> detail::make_tls_network(std::shared_ptr<network> under, options const& options) {
  return std::make_shared<tls_network>(std::move(under), options);
}

}  // namespace leat
