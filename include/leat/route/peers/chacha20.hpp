// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace leat::detail {

/// The block function of ChaCha20 (RFC 8439, 2.3): 64 bytes that nobody can tell from chance without the key.
std::array<std::byte, 64> chacha20_block(std::span<std::byte const, 32> key, std::uint32_t counter,
                                         std::span<std::byte const, 12> nonce);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/peers/chacha20.ipp>
#endif
