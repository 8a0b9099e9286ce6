// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/instructions.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

/// CRC32C (Castagnoli 1993), the checksum of iSCSI and of most storage formats: what a frame is checked by.
namespace leat::detail {

/// The checksum of `bytes`, or of what `before` is the checksum of with `bytes` behind it.
std::uint32_t crc32c(std::span<std::byte const> bytes, std::uint32_t before = 0);

/// Without help from the processor. It and the next work on the complement of the checksum.
std::uint32_t crc32c_by_table(std::uint32_t crc, std::byte const* from, std::size_t count);
#ifdef LEAT_X86
/// Only where the processor has SSE 4.2.
std::uint32_t crc32c_by_instruction(std::uint32_t crc, std::byte const* from, std::size_t count);
#endif

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/peers/crc32c.ipp>
#endif
