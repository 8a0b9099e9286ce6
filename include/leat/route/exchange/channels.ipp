// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/error.hpp>
#include <leat/route/exchange/channels.hpp>
#include <leat/route/frame_type.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/route/peers/incoming.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace leat::detail {

LEAT_INLINE channels::channels(peers& through, settings configuration)
    : peers_(through),
      workers_(configuration.workers),
      total_(configuration.workers * through.count()),
      bytes_(configuration.bytes) {
  inboxes_.resize(configuration.exchanges);
  credits_.resize(configuration.exchanges);
  peers_.serve({frame_type::message, frame_type::credit}, *this);
}

LEAT_INLINE channels::~channels() {
  peers_.end_service(*this);
  drop_ends();
}

LEAT_INLINE channels::sending_place channels::place_of_sender(std::size_t exchange, unsigned from, unsigned to) {
  return {peers_.to(process_of(to)), credit_of(exchange, to, from)};
}

LEAT_INLINE channels::receiving_place channels::place_of_receiver(std::size_t exchange, unsigned from, unsigned to) {
  return {peers_.to(process_of(from)), inbox_of(exchange, from, to), bytes_};
}

LEAT_INLINE void channels::receive(unsigned process, incoming_frame&& frame) {
  if (frame.header.type == frame_type::message)
    receive_message(process, std::move(frame));
  else
    receive_credit(process, frame.header);
}

LEAT_INLINE void channels::lose(unsigned, cluster_error const& error) { throw error; }

LEAT_INLINE void channels::receive_message(unsigned process, incoming_frame&& frame) {
  frame_header const header = frame.header;
  bool const good = header.node < inboxes_.size() && is_at(header.from, process) &&
                    is_at(header.to, peers_.process()) && header.has_good_mark() && header.hashed <= 1 &&
                    header.idle <= 1;
  if (!good) refuse_peer(process, "a message for a channel that does not exist");
  if (!inbox_of(header.node, header.from, header.to).put(std::move(frame)))
    refuse_peer(process, "more messages for a channel than there was credit for");
  wake_later(header.to);
}

LEAT_INLINE void channels::receive_credit(unsigned process, frame_header const& header) {
  bool const good = header.node < credits_.size() && is_at(header.from, peers_.process()) && is_at(header.to, process);
  if (!good) refuse_peer(process, "credit for a channel that does not exist");
  sender_credit& account = credit_of(header.node, header.to, header.from);
  std::int64_t const bytes = account.bytes.fetch_add(header.count, std::memory_order_release) + header.count;
  if (bytes > static_cast<std::int64_t>(bytes_) ||
      account.messages.fetch_sub(header.messages, std::memory_order_release) < header.messages)
    refuse_peer(process, "more credit for a channel than was taken");
  wake_later(header.from);
}

LEAT_INLINE void channels::wake_later(unsigned worker) {
  if (std::find(to_wake_.begin(), to_wake_.end(), worker) == to_wake_.end()) to_wake_.push_back(worker);
}

}  // namespace leat::detail
