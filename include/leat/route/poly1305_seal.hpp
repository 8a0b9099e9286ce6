// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/chacha20.hpp>
#include <leat/route/frame_seal.hpp>
#include <leat/route/little_endian.hpp>
#include <leat/route/poly1305.hpp>
#include <leat/route/sha256.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace leat::detail {

/// Poly1305 by a key for each frame, which ChaCha20 makes of the connection's key and a number that no other frame has
/// (as in RFC 8439, 2.6). The number is drawn when the payload is summed, by any worker; the frame's place in the order,
/// which is only known later, is summed last, together with the header.
class poly1305_seal final : public frame_seal {
 public:
  explicit poly1305_seal(digest const& key) : key_(key) {}

  sum begin(std::span<std::byte const> payload) override {
    return begun(payload, next_number_.fetch_add(1, std::memory_order_relaxed));
  }
  void finish(sum& begun, std::span<std::byte const> header, std::uint64_t sequence, std::byte* seal) const override {
    poly1305::tag const tag = finished(begun, header, sequence);
    std::copy(tag.begin(), tag.end(), put_little_endian(begun.back(), seal));
  }
  bool good(std::span<std::byte const> payload, std::span<std::byte const> header, std::uint64_t sequence,
            std::byte const* seal) const override {
    std::uint64_t number = 0;
    std::byte const* const tag = get_little_endian(number, seal);
    return same_bytes({tag, sizeof(poly1305::tag)}, finished(begun(payload, number), header, sequence));
  }

 private:
  sum begun(std::span<std::byte const> payload, std::uint64_t number) const {
    std::array<std::byte, 12> nonce{};
    put_little_endian(number, nonce.data() + 4);
    auto const block = chacha20_block(key_, 0, nonce);
    std::span<std::byte const> const key_of_frame(block);
    poly1305 tag(key_of_frame.first<32>());
    tag.add_padded(payload);
    sum result{};
    auto const state = tag.saved();
    std::copy(state.begin(), state.end(), result.begin());
    result.back() = number;
    return result;
  }
  static poly1305::tag finished(sum const& begun, std::span<std::byte const> header, std::uint64_t sequence) {
    poly1305::state state{};
    std::copy_n(begun.begin(), state.size(), state.begin());
    poly1305 tag(state);
    std::array<std::byte, 8> place{};
    put_little_endian(sequence, place.data());
    tag.add_padded(header);
    tag.add_last(place);
    return tag.result();
  }

  digest const key_;
  std::atomic<std::uint64_t> next_number_{0};
};

}  // namespace leat::detail
