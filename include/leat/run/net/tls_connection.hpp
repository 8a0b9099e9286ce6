// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/route/peers/link.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// Frees an object of OpenSSL's.
template <auto free>
struct openssl_free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using ssl_pointer = std::unique_ptr<SSL, openssl_free<&SSL_free>>;
using ssl_context_pointer = std::unique_ptr<SSL_CTX, openssl_free<&SSL_CTX_free>>;

/// The text of an error of OpenSSL's; empty where there is none. By default it is the first error of the last call on
/// this thread. Forgets all errors of this thread.
[[gnu::cold]] std::string openssl_reason(unsigned long error = ERR_peek_error());

/// TLS over any other connection: OpenSSL writes and reads its bytes through a BIO that calls that connection. It
/// buffers the record that is being sent, and OpenSSL the one that is being received: a little more than 16 KiB each.
class tls_connection final : public connection {
 public:
  /// `check_name` is called with the other side's certificate when its signature and dates are good. It returns what is
  /// wrong with the name, or an empty text.
  tls_connection(std::unique_ptr<connection> transport, ssl_pointer session,
                 std::function<std::string(X509*)> check_name);
  ~tls_connection() override;

  bool authenticates() const override { return true; }
  std::size_t send(std::span<piece const> pieces) override;

  std::size_t receive(std::span<std::byte> into) override;

  /// When it becomes false, all that was received before the end has been handed out.
  bool open() const override { return !closed_; }
  std::string error() const override { return error_; }
  bool refused() const override { return refused_; }
  int descriptor() const override { return transport_->descriptor(); }
  void on_ready(std::function<void()> call) override { transport_->on_ready(std::move(call)); }

 private:
  /// The most bytes that one record of TLS holds.
  static constexpr std::size_t record_size = 16384;
  /// The key is changed after so many records, well below what AES-GCM allows (2^24.5).
  static constexpr std::uint64_t records_per_key = std::uint64_t{1} << 22;

  /// Reads pieces from the front.
  class reader {
   public:
    explicit reader(std::span<piece const> pieces) : pieces_(pieces) {}
    /// Skips at most so many bytes, and returns how many it skipped.
    std::size_t skip(std::size_t most);
    /// Replaces `record` by the next bytes, at most as many as a record holds. False when there are none.
    bool read(std::vector<std::byte>& record);

   private:
    template <class F>
    std::size_t for_each_part(std::size_t most, F&& f) {
      std::size_t done = 0;
      while (done != most && next_ != pieces_.size()) {
        piece const rest = pieces_[next_].subspan(offset_);
        piece const part = rest.first((std::min)(rest.size(), most - done));
        f(part);
        done += part.size();
        offset_ += part.size();
        if (part.size() == rest.size()) {
          ++next_;
          offset_ = 0;
        }
      }
      return done;
    }
    std::span<piece const> pieces_;
    std::size_t next_ = 0;
    std::size_t offset_ = 0;
  };

  /// Goes on with the handshake of TLS. True when it is done.
  bool establish();

  /// Takes the first bytes before the handshake of TLS is done, as soon as the handshake's own bytes can be sent.
  /// Otherwise the caller would wait for room while it is the other side that everybody waits for.
  std::size_t take_early(std::span<piece const> pieces);

  /// Encrypts and sends `record_`. False when a part of it could not be sent yet.
  bool send_record();

  /// OpenSSL calls this for each certificate, from the authority's to the other side's own, with its own verdict.
  static int verify(int accepted, X509_STORE_CTX* context);

  /// A call of OpenSSL did not succeed: closes the connection, unless the call only has to be made again.
  [[gnu::cold]] void failed(int result);
  /// Whether the other side sent an alert of TLS about this process's certificate.
  static bool is_certificate_alert(int reason);
  void close(std::string reason);

  /// The BIO by which OpenSSL writes to, and reads from, the connection below.
  static BIO_METHOD* bio_method();
  static int write_to_transport(BIO* bio, char const* data, int size);
  static int read_from_transport(BIO* bio, char* data, int size);

  std::unique_ptr<connection> transport_;  // outlives the session, which writes to it when it ends
  ssl_pointer session_;
  std::function<std::string(X509*)> check_name_;
  std::vector<std::byte> record_;
  std::size_t record_bytes_ = 0;  ///< of `record_`, being sent: OpenSSL wants a refused call again with the same bytes
  std::size_t unreported_bytes_ = 0;  ///< of these, those that `send` has not returned as taken yet
  std::uint64_t records_sent_ = 0;
  bool established_ = false;
  bool blocked_ = false;  ///< the connection below took nothing the last time
  bool broken_ = false;   ///< OpenSSL cannot use the session any more
  bool closed_ = false;
  bool refused_ = false;
  std::string name_error_;
  std::string error_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/net/tls_connection.ipp>
#endif
