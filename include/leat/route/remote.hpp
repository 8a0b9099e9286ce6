// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/frame.hpp>
#include <leat/route/outgoing.hpp>
#include <leat/route/packet.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// The ends of a channel whose other end is in another process.
namespace leat::detail {

/// What a channel to another process may still send. The sending worker takes, the mesh gives back what the receiver
/// has used.
struct remote_credit {
  /// A mark needs no packet, but is a message: unread ones are bounded too.
  static constexpr std::int64_t most_messages = 64;

  explicit remote_credit(std::size_t in_flight) : packets(static_cast<std::int64_t>(in_flight)) {}
  std::atomic<std::int64_t> packets;  ///< below zero when more was borrowed
  std::atomic<std::int64_t> messages{0};
};

/// What has come for one channel and has not been read. The mesh puts in, the receiving worker takes out and decodes.
class inbox {
 public:
  struct arrived {
    frame_header header;
    byte_buffer payload;
  };

  void put(frame_header const& header, std::span<std::byte const> payload) {
    arrived one;
    one.header = header;
    std::lock_guard const lock(mutex_);
    if (!spare_.empty()) {
      one.payload = std::move(spare_.back());
      spare_.pop_back();
    }
    one.payload.append(payload.data(), payload.size());
    waiting_.push_back(std::move(one));
    count_.store(waiting_.size(), std::memory_order_release);
  }

  bool empty() const { return count_.load(std::memory_order_acquire) == 0; }

  bool take(arrived& into) {
    if (empty()) return false;
    std::lock_guard const lock(mutex_);
    into = std::move(waiting_.front());
    waiting_.pop_front();
    count_.store(waiting_.size(), std::memory_order_release);
    return true;
  }
  void recycle(byte_buffer used) {
    used.clear();
    std::lock_guard const lock(mutex_);
    if (spare_.size() < 16) spare_.push_back(std::move(used));
  }

 private:
  std::mutex mutex_;
  std::deque<arrived> waiting_;
  std::vector<byte_buffer> spare_;
  std::atomic<std::size_t> count_{0};
};

inline run_error channel_error(node const& described, unsigned worker, std::string const& what) {
  step_info const& step = described.steps.back();
  return run_error("step \"" + step.name + "\" (" + step.kind + ", " + place_of(step.where) + ") on worker " +
                      std::to_string(worker) + ": " + what,
                  step.name, step.where, worker, 0);
}

template <class T>
class remote_sender final : public sending_end<T> {
 public:
  remote_sender(outgoing_frames& out, remote_credit& credit, node const& described, unsigned from, unsigned to,
                std::size_t packet_records)
      : out_(out), credit_(credit), described_(described), packet_records_(packet_records) {
    header_.node = static_cast<std::uint32_t>(described.id);
    header_.from = static_cast<std::uint16_t>(from);
    header_.to = static_cast<std::uint16_t>(to);
  }

  packet<T>* fresh() override {
    return credit_.packets.load(std::memory_order_acquire) > 0 ? borrow() : nullptr;
  }
  packet<T>* borrow() override {
    credit_.packets.fetch_sub(1, std::memory_order_relaxed);
    if (spare_.empty()) return new packet<T>(packet_records_);
    packet<T>* const recycled = spare_.back().release();
    spare_.pop_back();
    return recycled;
  }
  bool overdrawn() override { return credit_.packets.load(std::memory_order_acquire) < 0; }

  bool send(message<T> const& what) override {
    if (credit_.messages.load(std::memory_order_acquire) >= remote_credit::most_messages) return false;
    if (what.content == nullptr) {
      put(out_.blank(), 0, 0, what);
      return true;
    }
    std::unique_ptr<packet<T>> content(what.content);
    credit_.packets.fetch_add(1, std::memory_order_relaxed);  // each frame pays for itself
    send_part(*content, 0, content->records.size(), what);
    content->records.clear();
    content->hashes.clear();
    spare_.push_back(std::move(content));
    return true;
  }
  bool starved() const override { return credit_.messages.load(std::memory_order_acquire) == 0; }

 private:
  /// What is too long for one frame goes in two.
  void send_part(packet<T> const& content, std::size_t first, std::size_t count, message<T> const& what) {
    byte_buffer frame = out_.blank();
    bool const hashed = !content.hashes.empty();
    encode_into(frame, content, first, count);
    if (frame.size() - frame_header::size > frame_header::most_bytes) {
      if (count == 1)
        throw channel_error(described_, header_.from,
                            "a record has " + std::to_string(frame.size() - frame_header::size) +
                                " bytes when it is encoded, and at most 16 MiB can be sent to another process");
      message<T> unmarked;
      send_part(content, first, count / 2, unmarked);
      send_part(content, first + count / 2, count - count / 2, what);
      return;
    }
    credit_.packets.fetch_sub(1, std::memory_order_relaxed);
    put(std::move(frame), count, hashed ? 1 : 0, what);
  }

  void encode_into(byte_buffer& frame, packet<T> const& content, std::size_t first, std::size_t count) {
    try {
      encode_batch(content.records.begin() + first, count, frame);
    } catch (std::exception const& cause) {
      std::throw_with_nested(channel_error(described_, header_.from, cause.what()));
    }
    if (!content.hashes.empty()) frame.append(content.hashes.begin() + first, count * sizeof(std::uint64_t));
  }

  void put(byte_buffer frame, std::size_t count, std::uint8_t hashed, message<T> const& what) {
    frame_header header = header_;
    header.count = static_cast<std::uint32_t>(count);
    header.hashed = hashed;
    if (what.marked) header.set(what.which);
    credit_.messages.fetch_add(1, std::memory_order_relaxed);
    out_.put(std::move(frame), header);
  }

  outgoing_frames& out_;
  remote_credit& credit_;
  node const& described_;
  std::size_t packet_records_;
  frame_header header_;
  std::vector<std::unique_ptr<packet<T>>> spare_;
};

template <class T>
class remote_receiver final : public receiving_end<T> {
 public:
  remote_receiver(outgoing_frames& back, inbox& in, node const& described, unsigned from, unsigned to,
                  std::size_t packet_records, std::size_t in_flight)
      : back_(back), in_(in), described_(described), packet_records_(packet_records),
        returned_together_(std::max<std::size_t>(1, in_flight / 4)) {
    credit_.type = frame_type::credit;
    credit_.node = static_cast<std::uint32_t>(described.id);
    credit_.from = static_cast<std::uint16_t>(from);
    credit_.to = static_cast<std::uint16_t>(to);
  }

  bool receive(message<T>& what) override {
    if (!in_.take(arrived_)) return false;
    what = {};
    if (arrived_.header.marked != 0) {
      what.which = arrived_.header.which();
      what.marked = true;
    }
    if (arrived_.header.count != 0)
      what.content = decode_arrived().release();
    else
      used(0);
    in_.recycle(std::move(arrived_.payload));
    return true;
  }

  void give_back(packet<T>* emptied) override {
    spare_.emplace_back(emptied);
    used(1);
  }

 private:
  std::unique_ptr<packet<T>> decode_arrived() {
    std::unique_ptr<packet<T>> content;
    if (spare_.empty()) {
      content = std::make_unique<packet<T>>(packet_records_);
    } else {
      content = std::move(spare_.back());
      spare_.pop_back();
    }
    std::span<std::byte const> const records = arrived_.payload.bytes();
    std::size_t const count = arrived_.header.count;
    std::size_t const hash_bytes = arrived_.header.hashed != 0 ? count * sizeof(std::uint64_t) : 0;
    try {
      if (hash_bytes > records.size()) refuse_short(hash_bytes, records.size());
      if (hash_bytes != 0) {
        content->hashes.make_room(count);
        std::memcpy(content->hashes.end(), records.data() + records.size() - hash_bytes, hash_bytes);
        content->hashes.set_end(content->hashes.end() + count);
      }
      std::size_t const decoded = decode_batch<T>(records.first(records.size() - hash_bytes), content->records);
      if (decoded != count)
        refuse(std::to_string(decoded) + " records came where " + std::to_string(count) + " were announced");
    } catch (std::exception const& cause) {
      std::throw_with_nested(channel_error(
          described_, credit_.to,
          "what worker " + std::to_string(credit_.from) + " of another process sent is bad: " + cause.what()));
    }
    return content;
  }

  /// Credit goes back in portions, and at once when nothing is left to read.
  void used(std::uint32_t packets) {
    credit_.count += packets;
    ++credit_.messages;
    if (credit_.messages < returned_together_ && !in_.empty()) return;
    back_.put(credit_);
    credit_.count = 0;
    credit_.messages = 0;
  }

  outgoing_frames& back_;
  inbox& in_;
  node const& described_;
  std::size_t packet_records_;
  std::size_t returned_together_;
  frame_header credit_;
  inbox::arrived arrived_;
  std::vector<std::unique_ptr<packet<T>>> spare_;
};

}  // namespace leat::detail
