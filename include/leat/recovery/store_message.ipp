// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/recovery/store_message.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/frame_type.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/route/peers/incoming.hpp>
#include <leat/route/peers/incoming_frame.hpp>
#include <leat/route/peers/outgoing.hpp>
#include <leat/route/peers/peers.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace leat::detail {

/// Of the bytes of a message in one frame.
inline constexpr std::size_t most_in_frame = std::size_t{1} << 20;

LEAT_INLINE void store_link::send(unsigned process, store_message const& message) {
  byte_buffer whole;
  encode(message, whole);
  for (std::size_t sent = 0; sent != whole.size();) {
    std::size_t const part = (std::min)(whole.size() - sent, most_in_frame);
    byte_buffer frame = peers_->to(process).blank();
    frame.append(whole.data() + sent, part);
    sent += part;
    frame_header header = frame_header::of(frame_type::recovery);
    header.count = sent != whole.size() ? 1 : 0;  // the message goes on in the next frame
    peers_->to(process).put(std::move(frame), header);
  }
}

LEAT_INLINE void store_link::send_to_all(store_message const& message) {
  peers_->for_each_other([&](unsigned process) { send(process, message); });
}

LEAT_INLINE bool store_link::has_room(unsigned process) const { return peers_->to(process).nothing_urgent(); }

LEAT_INLINE bool store_link::receive(unsigned process, incoming_frame const& frame, store_message& message) {
  std::vector<std::byte>& whole = begun_[process];
  whole.insert(whole.end(), frame.payload.begin(), frame.payload.end());
  if (frame.header.count != 0) return false;
  try {
    message = decode<store_message>(whole);
  } catch (codec_error const& cause) {
    refuse_peer(process, cause.what());
  }
  whole.clear();
  return true;
}

}  // namespace leat::detail
