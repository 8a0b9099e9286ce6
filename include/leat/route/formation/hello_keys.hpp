// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/formation/hello.hpp>
#include <leat/route/formation/sha256.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

/// What a secret makes of the two hellos of one connection: a proof of it for each side, and the keys of all that
/// follows. Each is HMAC-SHA-256 by the secret over a label, the hello of who dials, and that of who accepts, so that it
/// serves for one purpose, in one role, between these two processes, on this connection
/// (docs/decisions/020-who-may-learn-what.md).
class hello_keys {
 public:
  hello_keys(std::string_view secret, hello::bytes const& of_dialer, hello::bytes const& of_acceptor);

  digest proof(bool of_dialer) const { return derived(of_dialer ? "leat 2 who dials proves" : "leat 2 who accepts proves"); }
  /// Of the words that follow the proofs, in one direction.
  digest words_key(bool of_dialer) const;
  digest frames_key(bool of_dialer) const;

 private:
  static constexpr std::size_t label_size = 32;

  digest derived(std::string_view label) const;

  std::string secret_;
  std::array<std::byte, label_size + 2 * hello::size> covered_{};
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/formation/hello_keys.ipp>
#endif
