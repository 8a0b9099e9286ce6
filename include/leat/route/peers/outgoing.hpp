// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/route/peers/frame_seal.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace leat {
class connection;
}

namespace leat::detail {

/// The frames on their way to one process. Any worker of this process puts them in, whole; whoever drives the
/// connection sends them, as many at once as it takes. The lock is taken once per frame, never while one is encoded or
/// its payload summed.
class outgoing_frames {
 public:
  /// `seal` may be null: then frames bear a checksum.
  explicit outgoing_frames(std::unique_ptr<frame_seal> seal = nullptr) : seal_(std::move(seal)) {}

  /// An emptied buffer with room for a header at its front.
  byte_buffer blank();

  /// The payload stands behind the place of the header, which is written here. What is not urgent may wait for company.
  void put(byte_buffer frame, frame_header header, bool urgent = true);
  void put(frame_header const& header, bool urgent = true) { put(blank(), header, urgent); }

  /// By who drives the connection: sends what there is room for. True when anything was sent.
  bool write(connection& to);
  /// By who drives the connection: throws away what has not been sent.
  void discard();
  /// By who drives the connection: nothing is left to send, or only what is not urgent.
  bool empty();
  bool nothing_urgent();
  /// By who drives the connection: the last `write` was refused something.
  bool blocked() const { return next_ != sending_.size(); }

 private:
  static constexpr std::size_t most_together = 64;
  static constexpr std::size_t most_spare = 64;
  static constexpr std::size_t largest_spare = 256 * 1024;

  void put_sealed(byte_buffer sealed, frame_header header, bool urgent);

  void advance(std::size_t taken);

  bool refill();

  std::unique_ptr<frame_seal> const seal_;
  std::mutex mutex_;
  std::vector<byte_buffer> queued_;
  std::vector<byte_buffer> spare_;
  bool urgent_ = false;
  std::uint64_t next_sequence_ = 0;
  std::vector<byte_buffer> sending_;  // this and what follows: only who drives the connection
  std::size_t next_ = 0;
  std::size_t offset_ = 0;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/peers/outgoing.ipp>
#endif
