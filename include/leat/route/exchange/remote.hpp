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

/// Writes the frames of one sender, whatever its records are.
class frame_sender {
 public:
  frame_sender(outgoing_frames& out, sender_credit& credit, node const& described, unsigned from, unsigned to);

  byte_buffer blank() const { return out_.blank(); }
  bool overdrawn() const { return credit_.bytes.load(std::memory_order_acquire) <= 0; }
  bool starved() const { return credit_.messages.load(std::memory_order_acquire) == 0; }
  bool has_room_for_time() const {
    return 2 * credit_.messages.load(std::memory_order_acquire) < channel_credit::most_messages;
  }
  bool room_for_a_message() const {
    return credit_.messages.load(std::memory_order_acquire) < channel_credit::most_messages;
  }
  /// Whether a frame of so many flat records takes no more than the credit, which the last of them may exceed.
  bool within_credit(std::size_t count, std::size_t bytes_of_each) const;
  /// To send a part of flat records takes a copy of them, so they go whole where that is soon: all credit but a quarter
  /// is here again when the receiver has read what is under way.
  bool better_waits(std::size_t count, std::size_t bytes_of_each) const;
  /// What is left of the credit, for one frame.
  std::size_t left() const { return credit_.left(); }

  /// `closing` is null where no mark follows the records.
  void put(byte_buffer frame, std::size_t count, bool hashed, mark const* closing, stream_time time);

  /// Throws on what an encoder throws, as an error of the channel.
  [[noreturn, gnu::cold]] void fail() const;
  [[noreturn, gnu::cold]] void refuse_large_record(std::size_t bytes) const;

 private:
  outgoing_frames& out_;
  sender_credit& credit_;
  node const& described_;
  frame_header header_;
};

/// In a frame the records come first, then the hashes, eight bytes each, to the end; flat records are padded so that
/// the hashes are aligned.
template <class T>
class remote_sender final : public sending_end<T> {
 public:
  remote_sender(outgoing_frames& out, sender_credit& credit, node const& described, unsigned from, unsigned to,
                std::size_t packet_records)
      : frames_(out, credit, described, from, to), packet_records_(packet_records) {}

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
      taken->frame = frames_.blank();
      taken->frame.make_room(packet_records_ * sizeof(T));
      taken->records.borrow(reinterpret_cast<T*>(taken->frame.end()), packet_records_);
    }
    return taken.release();
  }
  void give_up(packet<T>* unused) override { recycle(unused); }
  bool overdrawn() override { return frames_.overdrawn(); }

  /// What is too long for one frame, or for the credit, goes in several, as credit comes.
  bool send(message<T> const& sent) override {
    if (sent.content == nullptr) {
      if (!frames_.room_for_a_message()) return false;
      put(frames_.blank(), 0, false, sent);
      return true;
    }
    packet<T>& content = *sent.content;
    spare_.make_room();  // once all is sent the packet is this end's, and nothing may throw
    for (bool complete = false; !complete;) {
      if (frames_.overdrawn() || !frames_.room_for_a_message() || better_waits(content)) return false;
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
  bool starved() const override { return frames_.starved(); }
  bool has_room_for_time() const override { return frames_.has_room_for_time(); }

 private:
  static std::size_t hash_bytes_of(packet<T> const& content) {
    return content.hashes.empty() ? 0 : sizeof(std::uint64_t);
  }
  bool better_waits(packet<T> const& content) const {
    if constexpr (flat<T>)
      return frames_.better_waits(content.records.size() - sent_, sizeof(T) + hash_bytes_of(content));
    else
      return false;
  }

  /// A frame of the next `count` records, or of fewer if they are too many.
  byte_buffer fill(packet<T>& content, std::size_t& count) {
    std::size_t const hash_bytes = hash_bytes_of(content);
    byte_buffer frame;
    if (sent_ == 0 && content.records.borrowed() && frames_.within_credit(count, sizeof(T) + hash_bytes) &&
        count * (sizeof(T) + hash_bytes) + 8 <= frame_header::most_bytes) {
      frame = std::move(content.frame);
      frame.set_end(reinterpret_cast<std::byte*>(content.records.end()));
    } else {
      frame = frames_.blank();
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
      encoded = encode_some(content.records.begin() + sent_, count, hash_bytes, frames_.left(), most, frame);
    } catch (...) {
      frames_.fail();
    }
    if (encoded == 0) frames_.refuse_large_record(frame.size() - frame_header::size);
    return encoded;
  }

  void put(byte_buffer frame, std::size_t count, bool hashed, message<T> const& message) {
    frames_.put(std::move(frame), count, hashed, message.marked ? &message.end_mark : nullptr, message.time);
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

  frame_sender frames_;
  std::size_t packet_records_;
  bool sent_a_part_ = false;
  std::size_t sent_ = 0;  ///< of the records of a packet that goes in parts
  list<std::unique_ptr<packet<T>>> spare_;
};

/// Takes the frames of one receiver, whatever its records are, and gives credit back.
class frame_receiver {
 public:
  frame_receiver(outgoing_frames& back, inbox& in, node const& described, unsigned from, unsigned to,
                 std::size_t credit, slot_ownership const* owners);

  /// False: no frame has come.
  bool take() { return in_.take(arrived_); }
  frame_header const& header() const { return arrived_.header; }
  /// What the records are read from. The hashes of their keys, which lie behind them, are read here; `flat_size` is the
  /// size of a flat record, 0 of others.
  std::span<std::byte> records(std::size_t flat_size, buffer<std::uint64_t>& hashes);
  /// Whoever has read the records has no pointers into the frame any more.
  void used_records();
  void used_nothing() { used(0); }

  /// Throws on what reading the frame threw, as an error of the channel.
  [[noreturn, gnu::cold]] void fail() const;
  [[noreturn, gnu::cold]] void refuse_size(std::size_t bytes, std::size_t record_size) const;
  /// Refuses what is neither within the credit nor one record. What records own is bounded by the archive.
  void check_count(std::size_t bytes, std::size_t record_size) const;

 private:
  void read_hashes(std::span<std::byte> from, buffer<std::uint64_t>& into) const;
  void used(std::int64_t bytes);

  outgoing_frames& back_;
  inbox& in_;
  node const& described_;
  slot_ownership const* owners_;  ///< of the keys; null: records come without hashes
  std::size_t bytes_of_credit_;
  std::int64_t returned_together_;
  std::int64_t bytes_ = 0;  ///< used, and not told to the sender
  std::int64_t messages_ = 0;
  std::int64_t bytes_without_haste_ = 0;  ///< used since credit last went back at once
  std::int64_t messages_without_haste_ = 0;
  frame_header credit_;
  incoming_frame arrived_;
};

template <class T>
class remote_receiver final : public receiving_end<T> {
 public:
  remote_receiver(outgoing_frames& back, inbox& in, node const& described, unsigned from, unsigned to,
                  std::size_t packet_records, std::size_t credit, slot_ownership const* owners)
      : frames_(back, in, described, from, to, credit, owners), packet_records_(packet_records) {}

  bool receive(message<T>& message) override {
    if (!frames_.take()) return false;
    frame_header const& header = frames_.header();
    message = {};
    message.time = header.time();
    if (header.marked != 0) {
      message.end_mark = header.end_mark();
      message.marked = true;
    }
    if (header.count != 0)
      message.content = open_arrived().release();
    else
      frames_.used_nothing();
    return true;
  }

  void give_back(packet<T>* emptied) override {
    std::unique_ptr<packet<T>> content(emptied);
    if (content->records.borrowed()) content->records.release();
    if (content->hashes.borrowed()) content->hashes.release();
    spare_.push_back(std::move(content));
    frames_.used_records();
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
      frames_.fail();
    }
    return content;
  }

  void read(packet<T>& content) {
    std::span<std::byte> const records = frames_.records(flat<T> ? sizeof(T) : 0, content.hashes);
    std::size_t const count = frames_.header().count;
    if constexpr (lies_in_frames<T>) {
      if (records.size() != count * sizeof(T)) frames_.refuse_size(records.size(), sizeof(T));
      auto* const first = reinterpret_cast<T*>(records.data());
      content.records.borrow(first, count);
      content.records.set_end(first + count);
    } else {
      frames_.check_count(records.size(), sizeof(T));
      decode_counted<T>(records, count, content.records);
    }
  }

  frame_receiver frames_;
  std::size_t packet_records_;
  list<std::unique_ptr<packet<T>>> spare_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/exchange/remote.ipp>
#endif
