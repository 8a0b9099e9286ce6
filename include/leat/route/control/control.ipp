// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/control/control.hpp>
#include <leat/route/control/failure.hpp>
#include <leat/route/control/partition_lists.hpp>
#include <leat/route/frame_type.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/route/peers/incoming.hpp>
#include <leat/route/peers/outgoing.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace leat::detail {

/// What another process sent; what it cannot have meant is refused.
template <class T>
T decoded_from(unsigned process, std::span<std::byte const> payload) {
  try {
    return decode<T>(payload);
  } catch (codec_error const& cause) {
    refuse_peer(process, cause.what());
  }
}

LEAT_INLINE control::control(peers& through) : peers_(through), others_(through.count()) {
  peers_.serve({frame_type::partitions, frame_type::stop, frame_type::failure, frame_type::goodbye}, *this);
}

LEAT_INLINE control::~control() { peers_.end_service(*this); }

LEAT_INLINE void control::receive(unsigned process, incoming_frame&& frame) {
  switch (frame.header.type) {
    case frame_type::partitions:
      return receive_partitions(process, frame.payload);
    case frame_type::stop:
      stop_received_ = true;
      return;
    case frame_type::goodbye:
      return peers_.expect(process, false);
    default:
      peers_.expect(process, false);
      receive_failure(process, frame.payload).rethrow();
  }
}

LEAT_INLINE void control::lose(unsigned, cluster_error const& error) { throw error; }

LEAT_INLINE void control::share(partition_lists const& own, graph const& flow, unsigned worker) {
  peers_.for_each_other([&](unsigned process) {
    byte_buffer frame = peers_.to(process).blank();
    encode_lists(own, flow, worker, frame);
    peers_.to(process).put(std::move(frame), frame_header::of(frame_type::partitions));
  });
  others_[peers_.process()].lists = own;
}

LEAT_INLINE bool control::all_have_shared() const {
  return std::all_of(others_.begin(), others_.end(), [](other const& of) { return of.lists.has_value(); });
}

LEAT_INLINE void control::receive_partitions(unsigned process, std::span<std::byte const> payload) {
  if (others_[process].lists) refuse_peer(process, "its partitions a second time");
  others_[process].lists = decoded_from<partition_lists>(process, payload);
}

LEAT_INLINE void control::send_stop() {
  if (!goodbye_sent_ && !std::exchange(stop_sent_, true)) peers_.send_to_all(frame_type::stop);
}

LEAT_INLINE void control::send_goodbye() {
  if (!std::exchange(goodbye_sent_, true)) peers_.send_last_to_all(frame_type::goodbye);
}

LEAT_INLINE bool control::may_disconnect() {
  bool may = goodbye_sent_;
  peers_.for_each_other(
      [&](unsigned process) { may = may && !peers_.expects(process) && peers_.all_sent_or_gone(process); });
  return may;
}

LEAT_INLINE bool control::exchange_failures(process_failure const& failure, steady_time now) {
  if (!failures_until_) begin_failing(failure, now);
  bool exchanged = true;
  peers_.for_each_other([&](unsigned process) {
    // Whatever else still comes makes room for what goes out.
    peers_.drain(process, [&](incoming_frame& frame) {
      if (frame.header.type == frame_type::failure && !others_[process].failed) receive_failure(process, frame.payload);
    });
    if (has_answered(process)) peers_.expect(process, false);
    bool const all_sent = peers_.flush(process);
    bool const done = peers_.is_lost(process) || !peers_.is_open(process) || (others_[process].failed && all_sent);
    exchanged = exchanged && done;
  });
  return exchanged || now >= *failures_until_;
}

LEAT_INLINE void control::begin_failing(process_failure const& failure, steady_time now) {
  failures_until_ = now + std::chrono::seconds(1);
  process_failure const first = cause_ ? *cause_ : failure;
  choose_cause(first);
  peers_.for_each_other([&](unsigned process) {
    if (!has_answered(process)) peers_.expect(process, true);  // it may have sent its goodbye, and fail all the same
    send_failure(process, first);
  });
}

LEAT_INLINE void control::rethrow_chosen_cause() const {
  if (cause_ && cause_->process != peers_.process()) cause_->rethrow();
}

LEAT_INLINE process_failure control::receive_failure(unsigned process, std::span<std::byte const> payload) {
  others_[process].failed = true;
  process_failure const received(decoded_from<process_failure::fields>(process, payload));
  choose_cause(received);
  return received;
}

LEAT_INLINE void control::send_failure(unsigned process, process_failure const& cause) {
  byte_buffer frame = peers_.to(process).blank();
  encode(cause.all_fields(), frame);
  peers_.to(process).put(std::move(frame), frame_header::of(frame_type::failure));
}

LEAT_INLINE void control::choose_cause(process_failure const& cause) {
  if (!cause_ || cause.outranks(*cause_)) cause_ = cause;
}

}  // namespace leat::detail
