// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/formation/hello.hpp>
#include <leat/route/formation/sha256.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

/// The proofs and keys that a secret gives for the two hellos of one connection. Each is HMAC-SHA-256, keyed by the
/// secret, over a label, the hello of the side that dials, and the hello of the side that accepts. So each serves for
/// one purpose, in one role, between these two processes, on this connection
/// (docs/decisions/020-who-may-learn-what.md).
class hello_keys {
 public:
  hello_keys(std::string_view secret, hello::bytes const& of_dialer, hello::bytes const& of_acceptor);

  digest proof(bool of_dialer) const {
    return derived(of_dialer ? "leat 2 who dials proves" : "leat 2 who accepts proves");
  }
  /// Authenticates the messages that follow the proofs, in one direction.
  digest messages_key(bool of_dialer) const;
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
