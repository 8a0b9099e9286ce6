// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/held_bytes.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/route/codec/byte_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace leat::detail {

/// What travels between workers: a batch of records, with the hash of each record's key beside it where the receiver
/// keeps state by key. Packets are recycled: the receiver empties them and gives them back.
template <class T>
struct packet {
  explicit packet(std::size_t capacity) : records(capacity) {}

  /// What the records take up, with what they own.
  std::size_t bytes() const { return records.size() * sizeof(T) + owned; }

  buffer<T> records;
  buffer<std::uint64_t> hashes;
  byte_buffer frame;  ///< where the records lie, if they are to be sent to another process and can lie in what is sent
  std::size_t owned = 0;       ///< bytes that the records own outside of themselves, where they can
  std::size_t sent_bytes = 0;  ///< what it was counted as when it was sent
  packet* next = nullptr;      ///< among the emptied ones
};

/// Any of these: a packet, the time of the stream at the end of the packet, and a mark that follows it. A message
/// without a time does not change the time.
template <class T>
struct message {
  packet<T>* content = nullptr;
  mark end_mark;
  bool marked = false;
  stream_time time{};
};

/// Either end of a channel, for whoever owns it.
class channel_end {
 public:
  virtual ~channel_end() = default;
};

/// The sender's hold on a channel to one worker. Its credit is packets and bytes: when none is left, the receiver has
/// not caught up.
template <class T>
class sending_end : public channel_end {
 public:
  /// There is credit for one more packet.
  virtual bool may_begin() = 0;
  /// An empty packet without regard to credit, to finish what was begun. It stays with the channel.
  virtual packet<T>* borrow() = 0;
  /// An empty packet that is not sent after all.
  virtual void give_up(packet<T>* unused) = 0;
  /// More has been borrowed than there is credit for: nothing should be begun.
  virtual bool overdrawn() = 0;
  /// False when there is no room: the same message is to be sent again.
  virtual bool send(message<T> const& message) = 0;
  /// Since it was asked last: a part of what could not be sent as a whole is on its way.
  virtual bool sent_a_part() { return false; }
  /// The receiver has nothing left to read: a packet that is not full is worth sending.
  virtual bool starved() const = 0;
  /// So few messages wait to be read that one which only has a time takes room from nobody.
  virtual bool has_room_for_time() const = 0;

  /// An empty packet, or null: no credit.
  packet<T>* fresh() { return may_begin() ? borrow() : nullptr; }
};

/// The receiver's hold on a channel from one worker.
template <class T>
class receiving_end : public channel_end {
 public:
  /// One packet at a time: not before the last one has been given back.
  virtual bool receive(message<T>& message) = 0;
  virtual void give_back(packet<T>* emptied) = 0;
};

}  // namespace leat::detail
