// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/route/frame_type.hpp>

#include <cstddef>
#include <cstdint>

/// What travels between processes that have met: frames of a fixed header and a payload.
namespace leat::detail {

struct frame_header {
  /// Bytes on the wire, all integers little endian.
  static constexpr std::size_t size = 56;
  /// A longer payload is not sent, and is refused when it is announced.
  static constexpr std::uint32_t most_bytes = 16u << 20;

  std::uint32_t checksum =
      0;  ///< CRC32C of the payload, its padding, and the header behind this field; 0 where a seal follows
  std::uint32_t sequence = 0;  ///< number of the frame on its link
  std::uint32_t length = 0;    ///< bytes of payload; on the wire it is padded to a multiple of eight
  frame_type type = frame_type::message;
  std::uint8_t marked = 0;  ///< 0: no mark, else its kind + 1
  std::uint8_t hashed = 0;  ///< 1: the hash of each record's key stands behind the records, eight bytes each
  std::uint8_t idle = 0;    ///< 1: no source of the stream is active
  std::uint32_t node = 0;   ///< the exchange, by its number in the flow
  std::uint16_t from = 0;   ///< the sending worker of the channel, over all processes; credit travels against it
  std::uint16_t to = 0;
  std::uint32_t count = 0;  ///< records; for credit: bytes
  std::uint32_t messages = 0;
  std::uint64_t epoch = 0;
  std::int64_t watermark = stream_time::nothing_known;
  std::int64_t quiet = 0;

  static frame_header of(frame_type type);
  void set(mark closing);
  void set(stream_time time);
  bool has_good_mark() const { return marked <= static_cast<unsigned>(mark_kind::end) + 1; }
  stream_time time() const { return {watermark, quiet, idle != 0}; }
  mark end_mark() const { return {static_cast<mark_kind>(marked - 1), epoch}; }

  /// Calls `f(integer&)` for each field in the order of the wire.
  template <class Header, class F>
  static void each_field(Header& h, F&& f) {
    f(h.checksum);
    f(h.sequence);
    f(h.length);
    f(h.type);
    f(h.marked);
    f(h.hashed);
    f(h.idle);
    f(h.node);
    f(h.from);
    f(h.to);
    f(h.count);
    f(h.messages);
    f(h.epoch);
    f(h.watermark);
    f(h.quiet);
  }

  /// Payload and padding.
  std::size_t padded_length() const { return padded(length); }
  static std::size_t padded(std::size_t bytes) { return (bytes + 7) & ~std::size_t{7}; }

  /// What `checksum` has to be, given that of the padded payload.
  static std::uint32_t checksum_of(std::byte const* header, std::uint32_t of_payload);

  void write(std::byte* to_here) const;
  static frame_header read(std::byte const* here);
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/peers/frame.ipp>
#endif
