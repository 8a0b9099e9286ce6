// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/peers/link.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// Frees what OpenSSL made.
template <auto free>
struct openssl_free {
  template <class T>
  void operator()(T* made) const {
    free(made);
  }
};
using ssl_pointer = std::unique_ptr<SSL, openssl_free<&SSL_free>>;
using ssl_context_pointer = std::unique_ptr<SSL_CTX, openssl_free<&SSL_CTX_free>>;

/// OpenSSL's words for an error of its own, by default what the last call on this thread failed of first; empty where
/// there is none.
[[gnu::cold]] std::string openssl_reason(unsigned long error = ERR_peek_error());

/// TLS over any other connection, whose bytes OpenSSL takes and gives through a BIO of ours. Nothing is kept here but the
/// record that is being sent, and in OpenSSL the one that is being received: 16 KiB and a little each.
class tls_connection final : public connection {
 public:
  /// `accepts_name` is asked of the other side's certificate once its signature and dates are found good; gives what is
  /// wrong with it, or nothing.
  tls_connection(std::unique_ptr<connection> under, ssl_pointer session,
                 std::function<std::string(X509*)> accepts_name);
  ~tls_connection() override;

  bool authenticates() const override { return true; }
  std::size_t send(std::span<piece const> pieces) override;

  std::size_t receive(std::span<std::byte> into) override;

  /// What was received before the end was handed out by then.
  bool open() const override { return !closed_; }
  std::string error() const override { return error_; }
  bool refused() const override { return refused_; }
  int descriptor() const override { return under_->descriptor(); }
  void on_ready(std::function<void()> call) override { under_->on_ready(std::move(call)); }

 private:
  /// As much as one record of TLS holds.
  static constexpr std::size_t record_size = 16384;
  /// A key serves for so many records, well below what AES-GCM allows (2^24.5).
  static constexpr std::uint64_t records_per_key = std::uint64_t{1} << 22;

  /// Goes through pieces from the front.
  class reader {
   public:
    explicit reader(std::span<piece const> pieces) : pieces_(pieces) {}
    std::size_t skip(std::size_t most);
    bool read(std::vector<std::byte>& into);

   private:
    template <class F>
    std::size_t walk(std::size_t most, F&& f) {
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

  bool establish();

  /// The greeting is taken as soon as the bytes of the TLS handshake can be sent, so that while the other side is waited
  /// for nobody waits for room.
  std::size_t take_early(std::span<piece const> pieces);

  bool send_record();

  /// OpenSSL asks this of each certificate from the authority's to the other side's own, with what it thinks of it.
  static int verify(int good, X509_STORE_CTX* asked);

  [[gnu::cold]] void failed(int result);
  /// Whether the other side's last word, an alert of TLS, was about the certificate that it was shown.
  static bool is_told_of_certificate(int reason);
  void close(std::string why);

  /// To OpenSSL we are a BIO.
  static BIO_METHOD* method();
  static int write_under(BIO* bio, char const* data, int size);
  static int read_under(BIO* bio, char* data, int size);

  std::unique_ptr<connection> under_;  // the session ends before what it is carried by
  ssl_pointer session_;
  std::function<std::string(X509*)> accepts_name_;
  std::vector<std::byte> record_;
  std::size_t in_record_ = 0;  ///< bytes of `record_` that are being sent; a try that was refused is made again with the same
  std::size_t owed_ = 0;       ///< those among them that the caller has not been told were taken
  std::uint64_t records_ = 0;
  bool established_ = false;
  bool blocked_ = false;
  bool broken_ = false;
  bool closed_ = false;
  bool refused_ = false;
  std::string wrong_name_;
  std::string error_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/net/tls_connection.ipp>
#endif
