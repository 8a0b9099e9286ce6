// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/route/exchange/slab.hpp>
#include <leat/route/peers/crc32c.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/route/peers/frame_seal.hpp>
#include <leat/route/peers/incoming.hpp>
#include <leat/route/peers/link.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace leat::detail {

LEAT_INLINE void refuse_peer(unsigned process, std::string const& text) {
  throw cluster_error(cluster_error::status::refused,
                      "process " + std::to_string(process) + " does not speak as this program does: " + text);
}

LEAT_INLINE void incoming_frames::keep(connection& from) {
  if (end_ - begin_ >= usual_capacity) return;
  make_room();
  end_ += from.receive({memory_.data() + end_, memory_.capacity() - end_});
}

LEAT_INLINE void incoming_frames::discard(connection& from) {
  if (!memory_.only_holder()) memory_ = {};
  begin_ = end_ = 0;
  make_room();
  for (unsigned n = 0; n != most_reads && from.receive({memory_.data(), memory_.capacity()}) != 0;) ++n;
}

LEAT_INLINE bool incoming_frames::next(incoming_frame& into) {
  std::size_t const there = end_ - begin_;
  if (there < frame_header::size) return false;
  std::byte* const at = memory_.data() + begin_;
  frame_header const header = frame_header::read(at);
  if (header.length > frame_header::most_bytes) refuse_peer(process_, "a frame that is too long");
  if (there < frame_header::size + header.padded_length() + seal_size_) return false;
  std::span<std::byte> const payload(at + frame_header::size, header.padded_length());
  if (seal_)
    check_seal(at, payload);
  else if (frame_header::checksum_of(at, crc32c(payload)) != header.checksum)
    refuse_peer(process_, "a frame whose checksum is wrong");
  if (header.sequence != static_cast<std::uint32_t>(next_sequence_))
    refuse_peer(process_, "frame " + std::to_string(header.sequence) + " came where frame " +
                              std::to_string(next_sequence_) + " was due");
  ++next_sequence_;
  begin_ += frame_header::size + header.padded_length() + seal_size_;
  into = {header, payload.first(header.length), memory_};
  return true;
}

LEAT_INLINE void incoming_frames::check_seal(std::byte const* header, std::span<std::byte const> payload) const {
  if (!seal_->good(payload, {header, frame_header::size}, next_sequence_, payload.data() + payload.size()))
    refuse_peer(process_, "a frame that the key of this connection does not prove: it was altered, or is not its own");
}

LEAT_INLINE void incoming_frames::make_room() {
  if (begin_ == end_ && memory_.only_holder()) begin_ = end_ = 0;
  std::size_t const rest = end_ - begin_;
  std::size_t wanted = least_room;
  if (rest >= frame_header::size) {
    frame_header const begun = frame_header::read(memory_.data() + begin_);
    std::size_t const whole = frame_header::size + begun.padded_length() + seal_size_;
    if (begun.length <= frame_header::most_bytes && whole > rest) wanted = (std::max)(wanted, whole - rest);
  }
  if (memory_.capacity() - end_ >= wanted) return;
  if (memory_.only_holder() && memory_.capacity() - rest >= wanted) {
    std::memmove(memory_.data(), memory_.data() + begin_, rest);
  } else {
    slab fresh = another(rest + wanted);
    if (rest != 0) std::memcpy(fresh.data(), memory_.data() + begin_, rest);
    std::swap(memory_, fresh);
    if (fresh.capacity() == usual_capacity && spare_.size() != most_spare) spare_.push_back(std::move(fresh));
  }
  begin_ = 0;
  end_ = rest;
}

LEAT_INLINE slab incoming_frames::another(std::size_t capacity) {
  for (std::size_t i = 0; i != spare_.size(); ++i)
    if (spare_[i].capacity() >= capacity && spare_[i].only_holder()) {
      slab found = std::move(spare_[i]);
      spare_.erase(i);
      return found;
    }
  return slab((std::max)(usual_capacity, capacity));
}

}  // namespace leat::detail
