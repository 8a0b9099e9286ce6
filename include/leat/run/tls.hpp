// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/link.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/options.hpp>
#include <leat/run/tcp.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

/// Connections between processes are encrypted, and both ends prove by a certificate that they belong together: TLS 1.3,
/// by OpenSSL. A program that includes this header takes `--tls-certificate`, `--tls-key` and `--tls-authority`.
namespace leat {
namespace detail {

/// What OpenSSL says went wrong; forgets it.
inline std::string openssl_trouble() {
  unsigned long const first = ::ERR_get_error();
  ::ERR_clear_error();
  char const* const reason = ::ERR_reason_error_string(first);
  return reason != nullptr ? reason : "the reason is not known";
}

using tls_context = std::shared_ptr<SSL_CTX>;

/// Throws flow_error naming the file that is not as it should be.
inline tls_context make_tls_context(tls_files const& files) {
  auto const check = [](bool good, std::string const& file) {
    if (!good) throw flow_error(concat({"TLS: ", file, ": ", openssl_trouble()}));
  };
  ::ERR_clear_error();
  tls_context context(::SSL_CTX_new(::TLS_method()), ::SSL_CTX_free);
  check(context != nullptr, "OpenSSL");
  SSL_CTX* const c = context.get();
  check(SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) == 1, "OpenSSL has no TLS 1.3");
  check(::SSL_CTX_use_certificate_chain_file(c, files.certificate.c_str()) == 1, "certificate " + files.certificate);
  check(::SSL_CTX_use_PrivateKey_file(c, files.key.c_str(), SSL_FILETYPE_PEM) == 1, "key " + files.key);
  check(::SSL_CTX_check_private_key(c) == 1, "key " + files.key + " does not belong to " + files.certificate);
  check(::SSL_CTX_load_verify_locations(c, files.authority.c_str(), nullptr) == 1, "authority " + files.authority);
  ::SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // What a stranger can make this process hold stays below 64 KiB.
  SSL_CTX_set_max_cert_list(c, 32 * 1024);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_num_tickets(c, 0);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

/// TLS over any other connection. What is sent before both sides have shown their certificates waits here.
class tls_connection final : public connection {
 public:
  /// `dialed`: the host or the address that the other side's certificate has to name; null: somebody came.
  tls_connection(std::unique_ptr<connection> below, tls_context const& context, std::string const* dialed)
      : below_(std::move(below)), ssl_(::SSL_new(context.get()), ::SSL_free) {
    BIO* const in = ::BIO_new(::BIO_s_mem());
    BIO* const out = ::BIO_new(::BIO_s_mem());
    if (!ssl_ || in == nullptr || out == nullptr) throw std::bad_alloc();
    ::SSL_set_bio(ssl_.get(), in, out);
    if (dialed == nullptr) {
      ::SSL_set_accept_state(ssl_.get());
      return;
    }
    ::SSL_set_connect_state(ssl_.get());
    if (::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl_.get()), dialed->c_str()) != 1)
      ::SSL_set1_host(ssl_.get(), dialed->c_str());
    ::ERR_clear_error();
  }
  ~tls_connection() override {
    on_ready({});
    if (!trouble_.empty() || !proven()) return;
    ::SSL_shutdown(ssl_.get());
    flush();
  }

  /// The bytes at the front that were encrypted before and found no room below count only when they are through.
  std::size_t send(std::span<piece const> pieces) override {
    ::ERR_clear_error();
    if (!handshake()) return keep_until_proven(pieces);
    std::size_t taken = 0;
    std::size_t skip = std::exchange(encrypted_, 0);
    for (piece rest : pieces) {
      std::size_t const known = std::min(skip, rest.size());
      skip -= known;
      taken += known;
      rest = rest.subspan(known);
      while (!rest.empty()) {
        if (!flush()) return taken;
        std::size_t written = 0;
        if (::SSL_write_ex(ssl_.get(), rest.data(), std::min(rest.size(), most_together), &written) != 1) {
          fail();
          return taken;
        }
        rest = rest.subspan(written);
        if (!flush()) {
          encrypted_ = written;
          return taken;
        }
        taken += written;
      }
    }
    return taken;
  }

  std::size_t receive(std::span<std::byte> into) override {
    ::ERR_clear_error();
    if (!handshake()) return 0;
    std::size_t count = 0;
    while (count != into.size()) {
      std::size_t got = 0;
      if (::SSL_read_ex(ssl_.get(), into.data() + count, into.size() - count, &got) == 1)
        count += got;
      else if (!wants_more())
        break;
    }
    flush();
    return count;
  }

  bool open() const override { return trouble_.empty(); }
  std::string trouble() const override { return trouble_; }
  int descriptor() const override { return open() ? below_->descriptor() : -1; }
  void on_ready(std::function<void()> call) override { below_->on_ready(std::move(call)); }

 private:
  static constexpr std::size_t most_together = 16 * 1024;  // a record of TLS
  static constexpr std::size_t most_kept = 4 * 1024;

  bool proven() const { return ::SSL_is_init_finished(ssl_.get()) == 1; }

  /// True when it is over.
  bool handshake() {
    if (!trouble_.empty()) return false;
    if (proven()) return send_kept();
    while (::SSL_do_handshake(ssl_.get()) != 1)
      if (!wants_more()) break;
    flush();
    return proven() && send_kept();
  }

  /// After a call of OpenSSL did not come to its end: true when bytes came from below, so that it is worth another try.
  bool wants_more() {
    int const why = ::SSL_get_error(ssl_.get(), 0);
    if (why == SSL_ERROR_ZERO_RETURN) {
      trouble_ = connection::trouble();
      return false;
    }
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
      fail();
      return false;
    }
    flush();
    std::array<std::byte, most_together> bytes;
    std::size_t const got = below_->receive(bytes);
    if (got != 0) return ::BIO_write(::SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(got)) > 0;
    if (!below_->open()) trouble_ = below_->trouble();
    return false;
  }

  /// OpenSSL has failed. The other side is told why, as far as TLS does.
  void fail() {
    long const verified = ::SSL_get_verify_result(ssl_.get());
    std::string const reason = openssl_trouble();
    trouble_ = verified != X509_V_OK
                   ? concat({"its certificate is not good: ", ::X509_verify_cert_error_string(verified)})
                   : concat({"TLS: ", reason});
    flush();
  }

  /// True when nothing encrypted is left here.
  bool flush() {
    BIO* const out = ::SSL_get_wbio(ssl_.get());
    char* first = nullptr;
    long const there = BIO_get_mem_data(out, &first);
    if (there <= 0) return true;
    connection::piece const all(reinterpret_cast<std::byte const*>(first), static_cast<std::size_t>(there));
    std::size_t const taken = below_->send({&all, 1});
    std::array<char, most_together> gone;
    for (std::size_t left = taken; left != 0;) {
      int const read = ::BIO_read(out, gone.data(), static_cast<int>(std::min(left, gone.size())));
      if (read <= 0) break;
      left -= static_cast<std::size_t>(read);
    }
    return taken == all.size();
  }

  /// A few words, so that nobody has to wait for room where there is all the room of the world.
  std::size_t keep_until_proven(std::span<piece const> pieces) {
    if (!trouble_.empty()) return 0;
    std::size_t taken = 0;
    for (piece const& one : pieces) {
      std::size_t const part = std::min(one.size(), most_kept - kept_.size());
      kept_.append(one.data(), part);
      taken += part;
      if (part != one.size()) break;
    }
    return taken;
  }
  bool send_kept() {
    if (kept_.empty()) return true;
    std::size_t written = 0;
    bool const good = ::SSL_write_ex(ssl_.get(), kept_.data(), kept_.size(), &written) == 1;
    if (!good) fail();
    kept_.clear();
    flush();
    return good;
  }

  std::unique_ptr<connection> below_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
  byte_buffer kept_;
  std::size_t encrypted_ = 0;  ///< of what `send` will be given next
  std::string trouble_;
};

}  // namespace detail

/// Another network, behind TLS. Who dials checks that the certificate of the other side names the host or the IP address
/// that it dialed; who accepts, that it is signed by the authority. Throws flow_error when a file cannot be used.
class tls_network final : public network {
 public:
  tls_network(std::shared_ptr<network> below, tls_files const& files)
      : below_(std::move(below)), context_(detail::make_tls_context(files)) {}

  bool listen(std::string const& address) override {
    below_->listen(address);
    return false;  // nobody gets in without a certificate
  }
  std::unique_ptr<connection> accept() override {
    std::unique_ptr<connection> made = below_->accept();
    return made ? std::make_unique<detail::tls_connection>(std::move(made), context_, nullptr) : nullptr;
  }
  std::unique_ptr<connection> dial(std::string const& address) override {
    std::optional<detail::host_and_port> const to = detail::split_address(address);
    std::string const& name = to ? to->host : address;
    return std::make_unique<detail::tls_connection>(below_->dial(address), context_, &name);
  }
  int descriptor() const override { return below_->descriptor(); }
  void on_ready(std::function<void()> call) override { below_->on_ready(std::move(call)); }

 private:
  std::shared_ptr<network> below_;
  detail::tls_context context_;
};

namespace detail {
inline bool const tls_is_supported = [] {
  support_of_clusters().encrypt = [](std::shared_ptr<network> below, tls_files const& files) {
    return std::shared_ptr<network>(new tls_network(std::move(below), files));
  };
  return true;
}();
}  // namespace detail
}  // namespace leat
