// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/route/peers/frame_seal.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/route/peers/outgoing.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE byte_buffer outgoing_frames::blank() {
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

LEAT_INLINE void outgoing_frames::put(byte_buffer frame, frame_header header, bool urgent) {
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

LEAT_INLINE bool outgoing_frames::write(connection& to) {
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

LEAT_INLINE void outgoing_frames::discard() {
  while (refill()) {
  }
  offset_ = 0;
}

LEAT_INLINE bool outgoing_frames::empty() {
  if (blocked()) return false;
  std::lock_guard const lock(mutex_);
  return queued_.empty();
}

LEAT_INLINE bool outgoing_frames::nothing_urgent() {
  if (blocked()) return false;
  std::lock_guard const lock(mutex_);
  return !urgent_;
}

LEAT_INLINE void outgoing_frames::put_sealed(byte_buffer sealed, frame_header header, bool urgent) {
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

LEAT_INLINE void outgoing_frames::advance(std::size_t taken) {
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

LEAT_INLINE bool outgoing_frames::refill() {
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

}  // namespace leat::detail
