// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/frame.hpp>
#include <leat/route/link.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace leat::detail {

/// The frames on their way to one process. Any worker of this process puts them in, whole; the worker that owns the
/// connection sends them. The lock is taken once per frame, never while one is encoded.
class outgoing_frames {
 public:
  /// An emptied buffer with room for a header at its front.
  byte_buffer blank() {
    byte_buffer result;
    {
      std::lock_guard const lock(mutex_);
      if (!spare_.empty()) {
        result = std::move(spare_.back());
        spare_.pop_back();
      }
    }
    result.make_room(frame_header::size);
    result.set_end(result.data() + frame_header::size);
    return result;
  }

  /// The payload stands behind the place of the header, which is written here.
  void put(byte_buffer frame, frame_header header) {
    header.length = static_cast<std::uint32_t>(frame.size() - frame_header::size);
    header.write(frame.data());
    std::lock_guard const lock(mutex_);
    queued_.push_back(std::move(frame));
  }
  void put(frame_header const& header) { put(blank(), header); }

  /// By the owner of the connection: sends what there is room for. True when anything was sent.
  bool write(connection& to) {
    bool progress = false;
    while (next_ != sending_.size() || refill()) {
      std::span<std::byte const> const rest = sending_[next_].bytes().subspan(offset_);
      std::size_t const taken = to.send(rest);
      progress = progress || taken != 0;
      offset_ += taken;
      if (taken != rest.size()) break;
      offset_ = 0;
      ++next_;
    }
    return progress;
  }
  /// By the owner of the connection.
  bool empty() {
    if (next_ != sending_.size()) return false;
    std::lock_guard const lock(mutex_);
    return queued_.empty();
  }

 private:
  static constexpr std::size_t most_spare = 64;
  static constexpr std::size_t largest_spare = 256 * 1024;

  bool refill() {
    next_ = 0;
    std::lock_guard const lock(mutex_);
    for (byte_buffer& sent : sending_) {
      if (spare_.size() == most_spare) break;
      if (sent.capacity() > largest_spare) continue;
      sent.clear();
      spare_.push_back(std::move(sent));
    }
    sending_.clear();
    sending_.swap(queued_);
    return !sending_.empty();
  }

  std::mutex mutex_;
  std::vector<byte_buffer> queued_;
  std::vector<byte_buffer> spare_;
  std::vector<byte_buffer> sending_;
  std::size_t next_ = 0;
  std::size_t offset_ = 0;
};

}  // namespace leat::detail
