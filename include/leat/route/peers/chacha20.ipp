// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/codec/little_endian.hpp>
#include <leat/route/peers/chacha20.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace leat::detail {

LEAT_INLINE std::array<std::byte, 64> chacha20_block(std::span<std::byte const, 32> key, std::uint32_t counter,
                                                     std::span<std::byte const, 12> nonce) {
  std::array<std::uint32_t, 16> state{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (std::size_t i = 0; i != 8; ++i) get_little_endian(state[4 + i], key.data() + 4 * i);
  state[12] = counter;
  for (std::size_t i = 0; i != 3; ++i) get_little_endian(state[13 + i], nonce.data() + 4 * i);

  std::array<std::uint32_t, 16> mixed = state;
  auto const quarter_round = [&mixed](std::size_t a, std::size_t b, std::size_t c, std::size_t d) {
    mixed[d] = std::rotl(mixed[d] ^ (mixed[a] += mixed[b]), 16);
    mixed[b] = std::rotl(mixed[b] ^ (mixed[c] += mixed[d]), 12);
    mixed[d] = std::rotl(mixed[d] ^ (mixed[a] += mixed[b]), 8);
    mixed[b] = std::rotl(mixed[b] ^ (mixed[c] += mixed[d]), 7);
  };
  for (int round = 0; round != 10; ++round) {
    for (std::size_t i = 0; i != 4; ++i) quarter_round(i, 4 + i, 8 + i, 12 + i);
    for (std::size_t i = 0; i != 4; ++i) quarter_round(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
  }
  std::array<std::byte, 64> block{};
  for (std::size_t i = 0; i != 16; ++i) put_little_endian(mixed[i] + state[i], block.data() + 4 * i);
  return block;
}

}  // namespace leat::detail
