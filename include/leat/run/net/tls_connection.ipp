// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/net/tls_connection.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstddef>
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

LEAT_INLINE tls_connection::tls_connection(std::unique_ptr<connection> transport, ssl_pointer session,
                                           std::function<std::string(X509*)> check_name)
    : transport_(std::move(transport)), session_(std::move(session)), check_name_(std::move(check_name)) {
  BIO* const bio = BIO_new(bio_method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(session_.get(), bio, bio);
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
  if (record_bytes_ != 0 && !send_record()) return 0;
  reader unread(pieces);
  std::size_t taken = unread.skip(unreported_bytes_);
  unreported_bytes_ -= taken;
  while (!closed_ && unread.read(record_)) {
    record_bytes_ = record_.size();
    if (!send_record()) {
      // Report none of it as taken before the whole record has been sent: the caller then presents the same bytes
      // again, and knows that it waits for room.
      unreported_bytes_ = record_bytes_;
      break;
    }
    taken += record_.size();
  }
  return taken;
}

LEAT_INLINE std::size_t tls_connection::receive(std::span<std::byte> into) {
  if (closed_ || !establish()) return 0;
  if (record_bytes_ != 0 && unreported_bytes_ == 0) send_record();
  std::size_t received = 0;
  while (received != into.size() && !closed_) {
    std::size_t count = 0;
    ERR_clear_error();
    int const result = SSL_read_ex(session_.get(), into.data() + received, into.size() - received, &count);
    if (result != 1) {
      failed(result);
      break;
    }
    received += count;
  }
  return received;
}

LEAT_INLINE std::size_t tls_connection::reader::skip(std::size_t most) {
  return for_each_part(most, [](piece) {});
}

LEAT_INLINE bool tls_connection::reader::read(std::vector<std::byte>& record) {
  record.clear();
  auto const append = [&record](piece part) { record.insert(record.end(), part.begin(), part.end()); };
  return for_each_part(record_size, append) != 0;
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
  if (closed_ || blocked_ || record_bytes_ != 0) return 0;
  if (!reader(pieces).read(record_)) return 0;
  record_bytes_ = record_.size();
  return record_bytes_;
}

LEAT_INLINE bool tls_connection::send_record() {
  ERR_clear_error();
  std::size_t sent = 0;
  int const result = SSL_write_ex(session_.get(), record_.data(), record_bytes_, &sent);
  if (result != 1) {
    failed(result);
    return false;
  }
  record_bytes_ = 0;
  if (++records_sent_ % records_per_key == 0) SSL_key_update(session_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
  return true;
}

LEAT_INLINE int tls_connection::verify(int accepted, X509_STORE_CTX* context) {
  auto* const session = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& self = *static_cast<tls_connection*>(BIO_get_data(SSL_get_rbio(session)));
  if (accepted != 1 || X509_STORE_CTX_get_error_depth(context) != 0) return accepted;
  self.name_error_ = self.check_name_(X509_STORE_CTX_get_current_cert(context));
  if (self.name_error_.empty()) return 1;
  X509_STORE_CTX_set_error(context, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

LEAT_INLINE void tls_connection::failed(int result) {
  int const status = SSL_get_error(session_.get(), result);
  if (status == SSL_ERROR_WANT_READ || status == SSL_ERROR_WANT_WRITE) return;
  if (status == SSL_ERROR_ZERO_RETURN) return close(connection::error());
  broken_ = true;
  unsigned long const error = ERR_peek_last_error();
  int const reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  std::string const text = openssl_reason(error);
  if (text.empty() || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    return close(established_ ? "it ended without the goodbye of TLS: " + transport_->error() : transport_->error());
  bool const rejected = reason == SSL_R_CERTIFICATE_VERIFY_FAILED;
  refused_ = rejected || reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE || is_certificate_alert(reason);
  if (!name_error_.empty()) return close("TLS: " + name_error_);
  if (rejected)
    return close(std::string("TLS: its certificate is not accepted: ") +
                 X509_verify_cert_error_string(SSL_get_verify_result(session_.get())));
  close((is_certificate_alert(reason) ? "TLS: it does not accept this process's certificate: " : "TLS: ") + text);
}

LEAT_INLINE bool tls_connection::is_certificate_alert(int reason) {
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

LEAT_INLINE void tls_connection::close(std::string reason) {
  ERR_clear_error();
  closed_ = true;
  error_ = std::move(reason);
}

LEAT_INLINE BIO_METHOD* tls_connection::bio_method() {
  static std::unique_ptr<BIO_METHOD, openssl_free<&BIO_meth_free>> const shared = [] {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "leat connection");
    BIO_meth_set_write(method, &write_to_transport);
    BIO_meth_set_read(method, &read_from_transport);
    BIO_meth_set_ctrl(method, [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH; });
    return std::unique_ptr<BIO_METHOD, openssl_free<&BIO_meth_free>>(method);
  }();
  return shared.get();
}

LEAT_INLINE int tls_connection::write_to_transport(BIO* bio, char const* data, int size) {
  auto& self = *static_cast<tls_connection*>(BIO_get_data(bio));
  piece const bytes = std::as_bytes(std::span(data, static_cast<std::size_t>(size)));
  std::size_t const taken = self.transport_->send({&bytes, 1});
  BIO_clear_retry_flags(bio);
  self.blocked_ = taken == 0;
  if (taken != 0) return static_cast<int>(taken);
  if (!self.established_ && !self.transport_->open()) return 0;
  BIO_set_retry_write(bio);  // also when it is closed: the end, and what was sent before it, are found by receiving
  return -1;
}

LEAT_INLINE int tls_connection::read_from_transport(BIO* bio, char* data, int size) {
  auto& self = *static_cast<tls_connection*>(BIO_get_data(bio));
  std::size_t const received =
      self.transport_->receive(std::as_writable_bytes(std::span(data, static_cast<std::size_t>(size))));
  BIO_clear_retry_flags(bio);
  if (received != 0) return static_cast<int>(received);
  if (!self.transport_->open()) return 0;
  BIO_set_retry_read(bio);
  return -1;
}

}  // namespace leat::detail
