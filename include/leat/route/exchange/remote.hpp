// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/exchange/inbox.hpp>
#include <leat/route/exchange/packet.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/route/peers/outgoing.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

/// The ends of a channel whose other end is in another process. Flat records are written into the frame that carries
/// them, and read from the memory that it was read into.
namespace leat::detail {

run_error channel_error(node const& described, unsigned worker, std::string const& text);

/// Throws on the exception being handled, as an error of the channel.
[[noreturn, gnu::cold]] void throw_channel_error(node const& described, unsigned worker, std::string const& text);

/// Whether such records can lie in a frame, whose payload is aligned to eight bytes.
template <class T>
inline constexpr bool lies_in_frames = flat<T> && alignof(T) <= 8;

/// In a frame the records come first, then the hashes, eight bytes each, to the end; flat records are padded so that
/// the hashes are aligned.
template <class T>
class remote_sender final : public sending_end<T> {
 public:
  remote_sender(outgoing_frames& out, sender_credit& credit, node const& described, unsigned from, unsigned to,
                std::size_t packet_records)
      : out_(out), credit_(credit), described_(described), packet_records_(packet_records) {
    header_.node = static_cast<std::uint32_t>(described.id);
    header_.from = static_cast<std::uint16_t>(from);
    header_.to = static_cast<std::uint16_t>(to);
  }

  bool may_begin() override { return !overdrawn(); }
  packet<T>* borrow() override {
    std::unique_ptr<packet<T>> taken;
    if (spare_.empty()) {
      taken = std::make_unique<packet<T>>(lies_in_frames<T> ? 0 : packet_records_);
    } else {
      taken = std::move(spare_.back());
      spare_.pop_back();
    }
    if constexpr (lies_in_frames<T>) {
      taken->frame = out_.blank();
      taken->frame.make_room(packet_records_ * sizeof(T));
      taken->records.borrow(reinterpret_cast<T*>(taken->frame.end()), packet_records_);
    }
    return taken.release();
  }
  void give_up(packet<T>* unused) override { recycle(unused); }
  bool overdrawn() override { return credit_.bytes.load(std::memory_order_acquire) <= 0; }

  /// What is too long for one frame, or for the credit, goes in several, as credit comes.
  bool send(message<T> const& sent) override {
    if (sent.content == nullptr) {
      if (!room_for_a_message()) return false;
      put(out_.blank(), 0, false, sent);
      return true;
    }
    packet<T>& content = *sent.content;
    spare_.make_room();  // once all is sent the packet is this end's, and nothing may throw
    for (bool complete = false; !complete;) {
      if (overdrawn() || !room_for_a_message() || better_waits(content)) return false;
      std::size_t count = content.records.size() - sent_;
      byte_buffer frame = fill(content, count);
      sent_ += count;
      complete = sent_ == content.records.size();
      put(std::move(frame), count, !content.hashes.empty(), complete ? sent : message<T>());
      sent_a_part_ = !complete;
    }
    sent_ = 0;
    recycle(sent.content);
    return true;
  }
  bool sent_a_part() override { return std::exchange(sent_a_part_, false); }
  bool starved() const override { return credit_.messages.load(std::memory_order_acquire) == 0; }
  bool has_room_for_time() const override {
    return 2 * credit_.messages.load(std::memory_order_acquire) < channel_credit::most_messages;
  }

 private:
  bool room_for_a_message() const {
    return credit_.messages.load(std::memory_order_acquire) < channel_credit::most_messages;
  }

  static std::size_t hash_bytes_of(packet<T> const& content) {
    return content.hashes.empty() ? 0 : sizeof(std::uint64_t);
  }
  /// Whether a frame of so many flat records takes no more than the credit, which the last of them may exceed.
  bool within_credit(std::size_t count, std::size_t hash_bytes) const {
    return frame_header::size + (count - 1) * (sizeof(T) + hash_bytes) < credit_.left();
  }

  /// To send a part of flat records takes a copy of them, so they go whole where that is soon: all credit but a quarter
  /// is here again when the receiver has read what is under way.
  bool better_waits(packet<T> const& content) const {
    if constexpr (flat<T>) {
      std::size_t const count = content.records.size() - sent_;
      std::size_t const hash_bytes = hash_bytes_of(content);
      return frame_header::size + count * (sizeof(T) + hash_bytes) <= credit_.in_all / 2 &&
             !within_credit(count, hash_bytes);
    } else {
      return false;
    }
  }

  /// A frame of the next `count` records, or of fewer if they are too many.
  byte_buffer fill(packet<T>& content, std::size_t& count) {
    std::size_t const hash_bytes = hash_bytes_of(content);
    byte_buffer frame;
    if (sent_ == 0 && content.records.borrowed() && within_credit(count, hash_bytes) &&
        count * (sizeof(T) + hash_bytes) + 8 <= frame_header::most_bytes) {
      frame = std::move(content.frame);
      frame.set_end(reinterpret_cast<std::byte*>(content.records.end()));
    } else {
      frame = out_.blank();
      count = encode(content, count, hash_bytes, frame);
    }
    if (hash_bytes != 0) {
      if constexpr (flat<T>) frame.append("\0\0\0\0\0\0\0", frame_header::padded(frame.size()) - frame.size());
      frame.append(content.hashes.begin() + sent_, count * hash_bytes);
    }
    return frame;
  }

  /// As many records as one frame can carry, until they use up the credit, which the last of them may exceed. Returns
  /// how many.
  std::size_t encode(packet<T> const& content, std::size_t count, std::size_t hash_bytes, byte_buffer& frame) {
    std::size_t encoded = 0;
    try {
      std::size_t const most = frame_header::size + frame_header::most_bytes - 8;
      encoded = encode_some(content.records.begin() + sent_, count, hash_bytes, credit_.left(), most, frame);
    } catch (...) {
      throw_channel_error(described_, header_.from, "");
    }
    if (encoded == 0)
      throw channel_error(described_, header_.from,
                          "a record has " + std::to_string(frame.size() - frame_header::size) +
                              " bytes when it is encoded, and at most 16 MiB can be sent to another process");
    return encoded;
  }

  void put(byte_buffer frame, std::size_t count, bool hashed, message<T> const& message) {
    frame_header header = header_;
    header.count = static_cast<std::uint32_t>(count);
    header.hashed = hashed ? 1 : 0;
    header.length = static_cast<std::uint32_t>(frame.size() - frame_header::size);
    if (message.marked) header.set(message.end_mark);
    header.set(message.time);
    credit_.messages.fetch_add(1, std::memory_order_relaxed);
    if (count != 0) credit_.bytes.fetch_sub(channel_credit::cost_of(header), std::memory_order_relaxed);
    out_.put(std::move(frame), header);
  }

  void recycle(packet<T>* sent) {
    std::unique_ptr<packet<T>> content(sent);
    if (content->records.borrowed())
      content->records.release();
    else
      content->records.clear();
    content->hashes.clear();
    content->owned = 0;
    spare_.push_back(std::move(content));
  }

  outgoing_frames& out_;
  sender_credit& credit_;
  node const& described_;
  std::size_t packet_records_;
  bool sent_a_part_ = false;
  std::size_t sent_ = 0;  ///< of the records of a packet that goes in parts
  frame_header header_;
  list<std::unique_ptr<packet<T>>> spare_;
};

template <class T>
class remote_receiver final : public receiving_end<T> {
 public:
  remote_receiver(outgoing_frames& back, inbox& in, node const& described, unsigned from, unsigned to,
                  std::size_t packet_records, std::size_t credit, slot_ownership const* owners)
      : back_(back),
        in_(in),
        described_(described),
        packet_records_(packet_records),
        owners_(owners),
        bytes_of_credit_(credit),
        returned_together_(static_cast<std::int64_t>(credit / 4)) {
    credit_.type = frame_type::credit;
    credit_.node = static_cast<std::uint32_t>(described.id);
    credit_.from = static_cast<std::uint16_t>(from);
    credit_.to = static_cast<std::uint16_t>(to);
  }

  bool receive(message<T>& message) override {
    if (!in_.take(arrived_)) return false;
    message = {};
    message.time = arrived_.header.time();
    if (arrived_.header.marked != 0) {
      message.end_mark = arrived_.header.end_mark();
      message.marked = true;
    }
    if (arrived_.header.count != 0)
      message.content = open_arrived().release();
    else
      used(0);
    return true;
  }

  void give_back(packet<T>* emptied) override {
    std::unique_ptr<packet<T>> content(emptied);
    if (content->records.borrowed()) content->records.release();
    if (content->hashes.borrowed()) content->hashes.release();
    spare_.push_back(std::move(content));
    arrived_.memory = {};
    used(channel_credit::cost_of(arrived_.header));
  }

 private:
  std::unique_ptr<packet<T>> open_arrived() {
    std::unique_ptr<packet<T>> content;
    if (spare_.empty()) {
      content = std::make_unique<packet<T>>(lies_in_frames<T> ? 0 : packet_records_);
    } else {
      content = std::move(spare_.back());
      spare_.pop_back();
    }
    try {
      read(*content);
    } catch (...) {
      throw_channel_error(described_, credit_.to,
                          "what worker " + std::to_string(credit_.from) + " of another process sent is bad: ");
    }
    return content;
  }

  void read(packet<T>& content) {
    std::span<std::byte> const payload = arrived_.payload;
    std::size_t const count = arrived_.header.count;
    bool const hashed = arrived_.header.hashed != 0;
    if (hashed != (owners_ != nullptr)) refuse(hashed ? "hashes came that nobody asked for" : "no hashes came");
    std::size_t const hash_bytes = hashed ? count * sizeof(std::uint64_t) : 0;
    if (hash_bytes > payload.size()) refuse_short(hash_bytes, payload.size());
    std::span<std::byte> records = payload.first(payload.size() - hash_bytes);
    if constexpr (flat<T>)
      if (hash_bytes != 0 && records.size() == frame_header::padded(count * sizeof(T)))
        records = records.first(count * sizeof(T));
    if (hash_bytes != 0) read_hashes(payload.last(hash_bytes), content.hashes);

    if constexpr (lies_in_frames<T>) {
      if (records.size() != count * sizeof(T))
        refuse(std::to_string(records.size()) + " bytes came where " + std::to_string(count) + " records of " +
               std::to_string(sizeof(T)) + " were announced");
      auto* const first = reinterpret_cast<T*>(records.data());
      content.records.borrow(first, count);
      content.records.set_end(first + count);
    } else {
      if (count > most_records(records.size()))
        refuse(std::to_string(count) + " records of " + std::to_string(sizeof(T)) +
               " bytes came, which is more than the credit");
      decode_counted<T>(records, count, content.records);
    }
  }
  /// A packet is within the credit, or one record. What the records own is bounded by the archive.
  std::size_t most_records(std::size_t bytes) const {
    return (std::max<std::size_t>)(1, (std::max)(bytes_of_credit_, std::size_t{64} * 1024 + 16 * bytes) / sizeof(T));
  }
  /// State is found by them, so that one of a key that another worker owns must not get by.
  void read_hashes(std::span<std::byte> from, buffer<std::uint64_t>& into) {
    std::size_t const count = from.size() / sizeof(std::uint64_t);
    into.make_room(count);
    std::memcpy(into.begin(), from.data(), from.size());
    into.set_end(into.begin() + count);
    bool all_owned = true;
    for (std::uint64_t const hash : into) all_owned &= owners_->owner(slot_of(hash)) == credit_.to;
    if (!all_owned) refuse("a key came that another worker owns");
  }
  /// Credit goes back at once when a quarter of it, or of the messages, has been used since it last did. When the inbox
  /// is empty, what has been used goes back too, but may wait for another frame: so never more than a quarter is
  /// delayed.
  void used(std::int64_t bytes) {
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

  outgoing_frames& back_;
  inbox& in_;
  node const& described_;
  std::size_t packet_records_;
  slot_ownership const* owners_;  ///< of the keys; null: records come without hashes
  std::size_t bytes_of_credit_;
  std::int64_t returned_together_;
  std::int64_t bytes_ = 0;  ///< used, and not told to the sender
  std::int64_t messages_ = 0;
  std::int64_t bytes_without_haste_ = 0;  ///< used since credit last went back at once
  std::int64_t messages_without_haste_ = 0;
  frame_header credit_;
  incoming_frame arrived_;
  list<std::unique_ptr<packet<T>>> spare_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/exchange/remote.ipp>
#endif
