// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/route/exchange/remote.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <utility>

namespace leat::detail {

LEAT_INLINE run_error channel_error(node const& described, unsigned worker, std::string const& text) {
  step_info const& step = described.steps.back();
  return run_error("step \"" + step.name + "\" (" + step.kind + ", " + place_of(step.location) + ") on worker " +
                       std::to_string(worker) + ": " + text,
                   step.name, step.location, worker, 0);
}

LEAT_INLINE void throw_channel_error(node const& described, unsigned worker, std::string const& text) {
  try {
    throw;
  } catch (...) {
    std::throw_with_nested(channel_error(described, worker, text + text_of_current_exception()));
  }
}

LEAT_INLINE frame_sender::frame_sender(outgoing_frames& out, sender_credit& credit, node const& described,
                                       unsigned from, unsigned to)
    : out_(out), credit_(credit), described_(described) {
  header_.node = static_cast<std::uint32_t>(described.id);
  header_.from = static_cast<std::uint16_t>(from);
  header_.to = static_cast<std::uint16_t>(to);
}

LEAT_INLINE bool frame_sender::within_credit(std::size_t count, std::size_t bytes_of_each) const {
  return frame_header::size + (count - 1) * bytes_of_each < credit_.left();
}

LEAT_INLINE bool frame_sender::better_waits(std::size_t count, std::size_t bytes_of_each) const {
  return frame_header::size + count * bytes_of_each <= credit_.in_all / 2 && !within_credit(count, bytes_of_each);
}

LEAT_INLINE void frame_sender::put(byte_buffer frame, std::size_t count, bool hashed, mark const* closing,
                                   stream_time time) {
  frame_header header = header_;
  header.count = static_cast<std::uint32_t>(count);
  header.hashed = hashed ? 1 : 0;
  header.length = static_cast<std::uint32_t>(frame.size() - frame_header::size);
  if (closing != nullptr) header.set(*closing);
  header.set(time);
  credit_.messages.fetch_add(1, std::memory_order_relaxed);
  if (count != 0) credit_.bytes.fetch_sub(channel_credit::cost_of(header), std::memory_order_relaxed);
  out_.put(std::move(frame), header);
}

LEAT_INLINE void frame_sender::fail() const { throw_channel_error(described_, header_.from, ""); }
LEAT_INLINE void frame_sender::refuse_large_record(std::size_t bytes) const {
  throw channel_error(described_, header_.from,
                      "a record has " + std::to_string(bytes) +
                          " bytes when it is encoded, and at most 16 MiB can be sent to another process");
}

LEAT_INLINE frame_receiver::frame_receiver(outgoing_frames& back, inbox& in, node const& described, unsigned from,
                                           unsigned to, std::size_t credit, slot_ownership const* owners)
    : back_(back),
      in_(in),
      described_(described),
      owners_(owners),
      bytes_of_credit_(credit),
      returned_together_(static_cast<std::int64_t>(credit / 4)) {
  credit_.type = frame_type::credit;
  credit_.node = static_cast<std::uint32_t>(described.id);
  credit_.from = static_cast<std::uint16_t>(from);
  credit_.to = static_cast<std::uint16_t>(to);
}

LEAT_INLINE std::span<std::byte> frame_receiver::records(std::size_t flat_size, buffer<std::uint64_t>& hashes) {
  std::span<std::byte> const payload = arrived_.payload;
  std::size_t const count = arrived_.header.count;
  bool const hashed = arrived_.header.hashed != 0;
  if (hashed != (owners_ != nullptr)) refuse(hashed ? "hashes came that nobody asked for" : "no hashes came");
  if (!hashed) return payload;
  std::size_t const hash_bytes = count * sizeof(std::uint64_t);
  if (hash_bytes > payload.size()) refuse_short(hash_bytes, payload.size());
  std::span<std::byte> const records = payload.first(payload.size() - hash_bytes);
  if (hash_bytes == 0) return records;
  read_hashes(payload.last(hash_bytes), hashes);
  bool const is_padded = flat_size != 0 && records.size() == frame_header::padded(count * flat_size);
  return is_padded ? records.first(count * flat_size) : records;
}

// State is found by them, so that one of a key that another worker owns must not get by.
LEAT_INLINE void frame_receiver::read_hashes(std::span<std::byte> from, buffer<std::uint64_t>& into) const {
  std::size_t const count = from.size() / sizeof(std::uint64_t);
  into.make_room(count);
  std::memcpy(into.begin(), from.data(), from.size());
  into.set_end(into.begin() + count);
  bool all_owned = true;
  for (std::uint64_t const hash : into) all_owned &= owners_->owner(slot_of(hash)) == credit_.to;
  if (!all_owned) refuse("a key came that another worker owns");
}

LEAT_INLINE void frame_receiver::used_records() {
  arrived_.memory = {};
  used(channel_credit::cost_of(arrived_.header));
}

// Credit goes back at once when a quarter of it, or of the messages, has been used since it last did. When the inbox is
// empty, what has been used goes back too, but may wait for another frame: so never more than a quarter is delayed.
LEAT_INLINE void frame_receiver::used(std::int64_t bytes) {
  bytes_ += bytes;
  ++messages_;
  bytes_without_haste_ += bytes;
  ++messages_without_haste_;
  bool const missed =
      bytes_without_haste_ >= returned_together_ || messages_without_haste_ >= channel_credit::most_messages / 4;
  if (!missed && !in_.empty()) return;
  in_.give_back(bytes_, messages_);
  credit_.count = static_cast<std::uint32_t>(bytes_);
  credit_.messages = static_cast<std::uint32_t>(messages_);
  back_.put(credit_, missed);
  bytes_ = 0;
  messages_ = 0;
  if (missed) bytes_without_haste_ = messages_without_haste_ = 0;
}

LEAT_INLINE void frame_receiver::fail() const {
  throw_channel_error(described_, credit_.to,
                      "what worker " + std::to_string(unsigned{credit_.from}) + " of another process sent is bad: ");
}
LEAT_INLINE void frame_receiver::refuse_size(std::size_t bytes, std::size_t record_size) const {
  refuse(std::to_string(bytes) + " bytes came where " + std::to_string(arrived_.header.count) + " records of " +
         std::to_string(record_size) + " were announced");
}
LEAT_INLINE void frame_receiver::check_count(std::size_t bytes, std::size_t record_size) const {
  std::size_t const most =
      (std::max<std::size_t>)(1, (std::max)(bytes_of_credit_, std::size_t{64} * 1024 + 16 * bytes) / record_size);
  if (arrived_.header.count > most)
    refuse(std::to_string(arrived_.header.count) + " records of " + std::to_string(record_size) +
           " bytes came, which is more than the credit");
}

}  // namespace leat::detail
