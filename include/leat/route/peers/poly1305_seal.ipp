// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/codec/little_endian.hpp>
#include <leat/route/formation/sha256.hpp>
#include <leat/route/peers/chacha20.hpp>
#include <leat/route/peers/frame_seal.hpp>
#include <leat/route/peers/poly1305.hpp>
#include <leat/route/peers/poly1305_seal.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace leat::detail {

LEAT_INLINE poly1305_seal::sum poly1305_seal::begin(std::span<std::byte const> payload) {
  return begun(payload, next_number_.fetch_add(1, std::memory_order_relaxed));
}

LEAT_INLINE void poly1305_seal::finish(sum& begun, std::span<std::byte const> header, std::uint64_t sequence,
                                       std::byte* seal) const {
  poly1305::tag const tag = finished(begun, header, sequence);
  std::copy(tag.begin(), tag.end(), put_little_endian(begun.back(), seal));
}

LEAT_INLINE bool poly1305_seal::good(std::span<std::byte const> payload, std::span<std::byte const> header,
                                     std::uint64_t sequence, std::byte const* seal) const {
  std::uint64_t number = 0;
  std::byte const* const tag = get_little_endian(number, seal);
  return same_bytes({tag, sizeof(poly1305::tag)}, finished(begun(payload, number), header, sequence));
}

LEAT_INLINE poly1305_seal::sum poly1305_seal::begun(std::span<std::byte const> payload, std::uint64_t number) const {
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

LEAT_INLINE poly1305::tag poly1305_seal::finished(sum const& begun, std::span<std::byte const> header,
                                                  std::uint64_t sequence) {
  poly1305::state state{};
  std::copy_n(begun.begin(), state.size(), state.begin());
  poly1305 tag(state);
  std::array<std::byte, 8> place{};
  put_little_endian(sequence, place.data());
  tag.add_padded(header);
  tag.add_last(place);
  return tag.result();
}

}  // namespace leat::detail
