// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/formation/hello.hpp>
#include <leat/route/formation/hello_keys.hpp>
#include <leat/route/formation/sha256.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace leat::detail {

LEAT_COLD hello_keys::hello_keys(std::string_view secret, hello::bytes const& of_dialer,
                                 hello::bytes const& of_acceptor)
    : secret_(secret) {
  auto const place = std::copy(of_dialer.begin(), of_dialer.end(), covered_.begin() + label_size);
  std::copy(of_acceptor.begin(), of_acceptor.end(), place);
}

LEAT_COLD digest hello_keys::messages_key(bool of_dialer) const {
  return derived(of_dialer ? "leat 2 words of who dials" : "leat 2 words of who accepts");
}

LEAT_COLD digest hello_keys::frames_key(bool of_dialer) const {
  return derived(of_dialer ? "leat 2 frames of who dials" : "leat 2 frames of who accepts");
}

LEAT_COLD digest hello_keys::derived(std::string_view label) const {
  auto covered = covered_;
  std::transform(label.begin(), label.end(), covered.begin(), [](char c) { return static_cast<std::byte>(c); });
  return hmac_sha256(std::as_bytes(std::span(secret_)), covered);
}

}  // namespace leat::detail
