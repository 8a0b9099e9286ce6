// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/frame.hpp>
#include <leat/route/frame_seal.hpp>
#include <leat/route/link.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace leat::detail {

/// The frames on their way to one process. Any worker of this process puts them in, whole; whoever drives the
/// connection sends them, as many at once as it takes. The lock is taken once per frame, never while one is encoded or
/// its payload summed.
class outgoing_frames {
 public:
  /// `seal` may be null: then frames bear a checksum.
  explicit outgoing_frames(std::unique_ptr<frame_seal> seal = nullptr) : seal_(std::move(seal)) {}

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

  /// The payload stands behind the place of the header, which is written here. What is not urgent may wait for company.
  void put(byte_buffer frame, frame_header header, bool urgent = true) {
    header.length = static_cast<std::uint32_t>(frame.size() - frame_header::size);
    std::array<std::byte, 8> const padding{};
    frame.append(padding.data(), header.padded_length() - header.length);
    if (seal_) return put_sealed(std::move(frame), header, urgent);
    std::uint32_t const of_payload = crc32c(frame.bytes().subspan(frame_header::size));

    std::lock_guard const lock(mutex_);
    header.sequence = static_cast<std::uint32_t>(next_sequence_++);
    header.write(frame.data());
    header.checksum = frame_header::checksum_of(frame.data(), of_payload);
    header.write(frame.data());
    queued_.push_back(std::move(frame));
    urgent_ = urgent_ || urgent;
  }
  void put(frame_header const& header, bool urgent = true) { put(blank(), header, urgent); }

  /// By who drives the connection: sends what there is room for. True when anything was sent.
  bool write(connection& to) {
    bool progress = false;
    while (next_ != sending_.size() || refill()) {
      std::array<connection::piece, most_together> pieces;
      std::size_t count = 0;
      std::size_t offered = 0;
      for (std::size_t i = next_; i != sending_.size() && count != most_together; ++i, ++count) {
        pieces[count] = sending_[i].bytes().subspan(count == 0 ? offset_ : 0);
        offered += pieces[count].size();
      }
      std::size_t const taken = to.send({pieces.data(), count});
      progress = progress || taken != 0;
      advance(taken);
      if (taken != offered) break;
    }
    return progress;
  }
  /// By who drives the connection: nothing is left to send, or only what is not urgent.
  bool empty() {
    if (blocked()) return false;
    std::lock_guard const lock(mutex_);
    return queued_.empty();
  }
  bool nothing_urgent() {
    if (blocked()) return false;
    std::lock_guard const lock(mutex_);
    return !urgent_;
  }
  /// By who drives the connection: the last `write` was refused something.
  bool blocked() const { return next_ != sending_.size(); }

 private:
  static constexpr std::size_t most_together = 64;
  static constexpr std::size_t most_spare = 64;
  static constexpr std::size_t largest_spare = 256 * 1024;

  void put_sealed(byte_buffer sealed, frame_header header, bool urgent) {
    frame_seal::sum sum = seal_->begin(sealed.bytes().subspan(frame_header::size));
    std::array<std::byte, frame_seal::size> const place{};
    sealed.append(place.data(), place.size());

    std::lock_guard const lock(mutex_);
    header.sequence = static_cast<std::uint32_t>(next_sequence_);
    header.write(sealed.data());
    seal_->finish(sum, sealed.bytes().first(frame_header::size), next_sequence_++, sealed.end() - place.size());
    queued_.push_back(std::move(sealed));
    urgent_ = urgent_ || urgent;
  }

  void advance(std::size_t taken) {
    while (taken != 0) {
      std::size_t const rest = sending_[next_].size() - offset_;
      if (taken < rest) {
        offset_ += taken;
        return;
      }
      taken -= rest;
      offset_ = 0;
      ++next_;
    }
  }

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
    urgent_ = false;
    return !sending_.empty();
  }

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
