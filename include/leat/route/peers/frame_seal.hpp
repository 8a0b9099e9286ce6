// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace leat::detail {

/// Shows that a frame comes from the process at the other end, unaltered and in its place, by a key of one connection
/// and one direction. It stands behind the frame and takes the place of the checksum.
class frame_seal {
 public:
  /// Bytes behind the frame: the number that makes the key of this frame, then the tag.
  static constexpr std::size_t size = 24;
  /// What is known of a frame when its payload has been looked at.
  using sum = std::array<std::uint64_t, 8>;

  frame_seal() = default;
  frame_seal(frame_seal const&) = delete;
  frame_seal& operator=(frame_seal const&) = delete;
  virtual ~frame_seal() = default;

  /// Any thread: begins with the payload of another frame.
  virtual sum begin(std::span<std::byte const> payload) = 0;
  /// Ends with the header, and the number of the frame on its connection; writes the seal.
  virtual void finish(sum& begun, std::span<std::byte const> header, std::uint64_t sequence, std::byte* seal) const = 0;
  /// Whether the seal of the frame that came is good.
  virtual bool good(std::span<std::byte const> payload, std::span<std::byte const> header, std::uint64_t sequence,
                    std::byte const* seal) const = 0;
};

/// For what is sent over a connection and for what comes. Both null: frames bear a checksum only.
struct frame_seals {
  std::unique_ptr<frame_seal> out;
  std::unique_ptr<frame_seal> in;
};

}  // namespace leat::detail
