// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/op/stage.hpp>
#include <leat/route/codec/byte_buffer.hpp>

#include <cstddef>
#include <cstdint>

namespace leat::detail {

/// What travels between workers: a batch of records, with the hash of each record's key beside it where the receiver
/// keeps state by key. Packets are recycled: the receiver empties them and gives them back.
template <class T>
struct packet {
  explicit packet(std::size_t capacity) : records(capacity) {}
  buffer<T> records;
  buffer<std::uint64_t> hashes;
  byte_buffer frame;  ///< where the records lie, if they are to be sent to another process and can lie in what is sent
};

/// A packet, a mark that follows it, or both.
template <class T>
struct message {
  packet<T>* content = nullptr;
  mark which;
  bool marked = false;
};

/// The sender's hold on a channel to one worker. Its credit is packets, or bytes to another process: when none is left,
/// the receiver has not caught up.
template <class T>
class sending_end {
 public:
  virtual ~sending_end() = default;
  /// An empty packet, or null: no credit.
  virtual packet<T>* fresh() = 0;
  /// An empty packet without regard to credit, to finish what was begun. It stays with the channel.
  virtual packet<T>* borrow() = 0;
  /// More has been borrowed than there is credit for: nothing should be begun.
  virtual bool overdrawn() = 0;
  /// False when there is no room: the same message is to be sent again.
  virtual bool send(message<T> const& what) = 0;
  /// Since it was asked last: a part of what could not be sent as a whole is on its way.
  virtual bool sent_a_part() { return false; }
  /// The receiver has nothing left to read: a packet that is not full is worth sending.
  virtual bool starved() const = 0;
};

/// The receiver's hold on a channel from one worker.
template <class T>
class receiving_end {
 public:
  virtual ~receiving_end() = default;
  /// One packet at a time: not before the last one has been given back.
  virtual bool receive(message<T>& what) = 0;
  virtual void give_back(packet<T>* emptied) = 0;
};

}  // namespace leat::detail
