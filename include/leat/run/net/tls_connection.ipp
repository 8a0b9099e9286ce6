// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/net/tls_connection.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE std::string openssl_reason(unsigned long error) {
  ERR_clear_error();
  if (error == 0) return {};
  char const* const text = ERR_reason_error_string(error);
  return text != nullptr ? text : "error " + std::to_string(error);
}

LEAT_INLINE tls_connection::tls_connection(std::unique_ptr<connection> under, ssl_pointer session,
                                           std::function<std::string(X509*)> accepts_name)
    : under_(std::move(under)), session_(std::move(session)), accepts_name_(std::move(accepts_name)) {
  BIO* const both_ways = BIO_new(method());
  BIO_set_data(both_ways, this);
  BIO_set_init(both_ways, 1);
  SSL_set_bio(session_.get(), both_ways, both_ways);
  SSL_set_read_ahead(session_.get(), 1);
  SSL_set_verify(session_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &verify);
  SSL_set_mode(session_.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

LEAT_INLINE tls_connection::~tls_connection() {
  ERR_clear_error();
  if (established_ && !broken_) SSL_shutdown(session_.get());
  ERR_clear_error();
}

LEAT_INLINE std::size_t tls_connection::send(std::span<piece const> pieces) {
  if (closed_) return 0;
  if (!establish()) return take_early(pieces);
  if (in_record_ != 0 && !send_record()) return 0;
  reader from(pieces);
  std::size_t const owed = from.skip(owed_);
  owed_ -= owed;
  std::size_t taken = owed;
  while (!closed_ && from.read(record_)) {
    in_record_ = record_.size();
    if (!send_record()) {
      // Sealed, but not all of it sent: the caller keeps these bytes until it is, and so knows that it waits for room.
      owed_ = in_record_;
      break;
    }
    taken += record_.size();
  }
  return taken;
}

LEAT_INLINE std::size_t tls_connection::receive(std::span<std::byte> into) {
  if (closed_ || !establish()) return 0;
  if (in_record_ != 0 && owed_ == 0) send_record();
  std::size_t got = 0;
  while (got != into.size() && !closed_) {
    std::size_t now = 0;
    ERR_clear_error();
    int const result = SSL_read_ex(session_.get(), into.data() + got, into.size() - got, &now);
    if (result != 1) {
      failed(result);
      break;
    }
    got += now;
  }
  return got;
}

LEAT_INLINE std::size_t tls_connection::reader::skip(std::size_t most) {
  return walk(most, [](piece) {});
}

LEAT_INLINE bool tls_connection::reader::read(std::vector<std::byte>& into) {
  into.clear();
  return walk(record_size, [&into](piece part) { into.insert(into.end(), part.begin(), part.end()); }) != 0;
}

LEAT_INLINE bool tls_connection::establish() {
  if (established_ || closed_) return established_;
  ERR_clear_error();
  int const result = SSL_do_handshake(session_.get());
  if (result != 1) {
    failed(result);
    return false;
  }
  established_ = true;
  return true;
}

LEAT_INLINE std::size_t tls_connection::take_early(std::span<piece const> pieces) {
  if (closed_ || blocked_ || in_record_ != 0) return 0;
  if (!reader(pieces).read(record_)) return 0;
  in_record_ = record_.size();
  return in_record_;
}

LEAT_INLINE bool tls_connection::send_record() {
  ERR_clear_error();
  std::size_t sent = 0;
  int const result = SSL_write_ex(session_.get(), record_.data(), in_record_, &sent);
  if (result != 1) {
    failed(result);
    return false;
  }
  in_record_ = 0;
  if (++records_ % records_per_key == 0) SSL_key_update(session_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
  return true;
}

LEAT_INLINE int tls_connection::verify(int good, X509_STORE_CTX* asked) {
  auto* const session = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(asked, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& self = *static_cast<tls_connection*>(BIO_get_data(SSL_get_rbio(session)));
  if (good != 1 || X509_STORE_CTX_get_error_depth(asked) != 0) return good;
  self.wrong_name_ = self.accepts_name_(X509_STORE_CTX_get_current_cert(asked));
  if (self.wrong_name_.empty()) return 1;
  X509_STORE_CTX_set_error(asked, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

LEAT_INLINE void tls_connection::failed(int result) {
  int const why = SSL_get_error(session_.get(), result);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return;
  if (why == SSL_ERROR_ZERO_RETURN) return close(connection::error());
  broken_ = true;
  unsigned long const error = ERR_peek_last_error();
  int const reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  std::string const text = openssl_reason(error);
  if (text.empty() || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    return close(established_ ? "it ended without the goodbye of TLS: " + under_->error() : under_->error());
  bool const not_accepted = reason == SSL_R_CERTIFICATE_VERIFY_FAILED;
  refused_ = not_accepted || reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE || is_told_of_certificate(reason);
  if (!wrong_name_.empty()) return close("TLS: " + wrong_name_);
  if (not_accepted)
    return close(std::string("TLS: its certificate is not accepted: ") +
                 X509_verify_cert_error_string(SSL_get_verify_result(session_.get())));
  close((is_told_of_certificate(reason) ? "TLS: it does not accept this process's certificate: " : "TLS: ") + text);
}

LEAT_INLINE bool tls_connection::is_told_of_certificate(int reason) {
  switch (reason - SSL_AD_REASON_OFFSET) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_DECRYPT_ERROR:  // its signature is not the authority's, though the name is
    case SSL_AD_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

LEAT_INLINE void tls_connection::close(std::string why) {
  ERR_clear_error();
  closed_ = true;
  error_ = std::move(why);
}

LEAT_INLINE BIO_METHOD* tls_connection::method() {
  static std::unique_ptr<BIO_METHOD, openssl_free<&BIO_meth_free>> const one = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "leat connection");
    BIO_meth_set_write(made, &write_under);
    BIO_meth_set_read(made, &read_under);
    BIO_meth_set_ctrl(made, [](BIO*, int what, long, void*) -> long { return what == BIO_CTRL_FLUSH; });
    return std::unique_ptr<BIO_METHOD, openssl_free<&BIO_meth_free>>(made);
  }();
  return one.get();
}

LEAT_INLINE int tls_connection::write_under(BIO* bio, char const* data, int size) {
  auto& self = *static_cast<tls_connection*>(BIO_get_data(bio));
  piece const all = std::as_bytes(std::span(data, static_cast<std::size_t>(size)));
  std::size_t const taken = self.under_->send({&all, 1});
  BIO_clear_retry_flags(bio);
  self.blocked_ = taken == 0;
  if (taken != 0) return static_cast<int>(taken);
  if (!self.established_ && !self.under_->open()) return 0;
  BIO_set_retry_write(bio);  // broken or not: the end is found where the last words are, in receiving
  return -1;
}

LEAT_INLINE int tls_connection::read_under(BIO* bio, char* data, int size) {
  auto& self = *static_cast<tls_connection*>(BIO_get_data(bio));
  std::size_t const got = self.under_->receive(std::as_writable_bytes(std::span(data, static_cast<std::size_t>(size))));
  BIO_clear_retry_flags(bio);
  if (got != 0) return static_cast<int>(got);
  if (!self.under_->open()) return 0;
  BIO_set_retry_read(bio);
  return -1;
}

}  // namespace leat::detail
