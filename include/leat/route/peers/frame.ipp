// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/route/codec/little_endian.hpp>
#include <leat/route/peers/crc32c.hpp>
#include <leat/route/peers/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace leat::detail {

LEAT_INLINE frame_header frame_header::of(frame_type type) {
  frame_header header;
  header.type = type;
  return header;
}

LEAT_INLINE void frame_header::set(mark closing) {
  marked = static_cast<std::uint8_t>(static_cast<unsigned>(closing.kind) + 1);
  epoch = closing.epoch;
}
LEAT_INLINE void frame_header::set(stream_time time) {
  watermark = time.watermark;
  quiet = time.quiet;
  idle = time.idle ? 1 : 0;
}

LEAT_INLINE std::uint32_t frame_header::checksum_of(std::byte const* header, std::uint32_t of_payload) {
  return crc32c({header + sizeof(std::uint32_t), size - sizeof(std::uint32_t)}, of_payload);
}

LEAT_INLINE void frame_header::write(std::byte* to_here) const {
  each_field(*this, [&](auto field) { to_here = put_little_endian(field, to_here); });
}

LEAT_INLINE frame_header frame_header::read(std::byte const* here) {
  frame_header result;
  each_field(result, [&](auto& field) { here = get_little_endian(field, here); });
  return result;
}

}  // namespace leat::detail
