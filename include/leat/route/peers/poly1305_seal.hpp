// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/formation/sha256.hpp>
#include <leat/route/peers/frame_seal.hpp>
#include <leat/route/peers/poly1305.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace leat::detail {

/// Poly1305 by a key for each frame, which ChaCha20 makes of the connection's key and a number that no other frame has
/// (as in RFC 8439, 2.6). The number is drawn when the payload is summed, by any worker; the frame's place in the
/// order, which is only known later, is summed last, together with the header.
class poly1305_seal final : public frame_seal {
 public:
  explicit poly1305_seal(digest const& key) : key_(key) {}

  sum begin(std::span<std::byte const> payload) override;
  void finish(sum& begun, std::span<std::byte const> header, std::uint64_t sequence, std::byte* seal) const override;
  bool good(std::span<std::byte const> payload, std::span<std::byte const> header, std::uint64_t sequence,
            std::byte const* seal) const override;

 private:
  sum begun(std::span<std::byte const> payload, std::uint64_t number) const;
  static poly1305::tag finished(sum const& begun, std::span<std::byte const> header, std::uint64_t sequence);

  digest const key_;
  std::atomic<std::uint64_t> next_number_{0};
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/peers/poly1305_seal.ipp>
#endif
