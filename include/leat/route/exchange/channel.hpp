// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/exchange/packet.hpp>
#include <leat/route/exchange/ring.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// What all channels of one exchange have in common.
struct channel_limits {
  std::size_t packet_records = 1;
  std::size_t packets = 1;  ///< the credit of each
  std::size_t bytes = 1;    ///< of records that own something: the credit besides
};

/// Where no packet is recycled.
struct no_way_back {
  template <class Packet>
  bool push(Packet*) {
    return false;
  }
  template <class Packet>
  bool pop(Packet*&) {
    return false;
  }
};

/// From one worker to another of the same process: a ring of messages one way, the emptied packets the other way.
/// `Small` is for the many channels that many workers have: one message at a time, and emptied packets are freed.
template <class T, bool Small = false>
class channel final : public sending_end<T>, public receiving_end<T> {
  static constexpr bool counts_bytes = !plain<T>;

 public:
  explicit channel(channel_limits const& of) : limits_(of) {}
  channel(channel const&) = delete;
  channel& operator=(channel const&) = delete;
  [[gnu::cold, gnu::noinline]] ~channel() override {
    message<T> left;
    while (forward_.pop(left)) delete left.content;
    packet<T>* empty = nullptr;
    while (back_.pop(empty)) delete empty;
    while (spare_ != nullptr) delete std::exchange(spare_, spare_->next);
  }

  bool may_begin() override {
    if (out_ >= limits_.packets) take_back();
    return out_ < limits_.packets && (!counts_bytes || under_way() < limits_.bytes);
  }
  packet<T>* borrow() override {
    if (spare_ == nullptr) take_back();
    ++out_;
    if (spare_ == nullptr) return new packet<T>(Small ? 0 : limits_.packet_records);
    return std::exchange(spare_, spare_->next);
  }
  void give_up(packet<T>* unused) override { take_back(unused); }
  bool overdrawn() override {
    if (out_ > limits_.packets) take_back();
    return out_ > limits_.packets;
  }
  /// What does not fit waits, but the channel is never empty because of that.
  bool send(message<T> const& message) override {
    if constexpr (counts_bytes) {
      if (message.content != nullptr) {
        std::size_t const bytes = message.content->bytes();
        std::size_t const before = under_way();
        if (before != 0 && before + bytes > limits_.bytes) return false;
        message.content->sent_bytes = bytes;
        if (!forward_.push(message)) return false;
        bytes_.sent += bytes;
        return true;
      }
    }
    return forward_.push(message);
  }
  bool starved() const override { return forward_.drained(); }
  bool has_room_for_time() const override { return forward_.less_than_half_full(); }

  bool receive(message<T>& message) override { return forward_.pop(message); }
  void give_back(packet<T>* emptied) override {
    if constexpr (counts_bytes)
      bytes_.returned.store(bytes_.returned.load(std::memory_order_relaxed) + emptied->sent_bytes,
                            std::memory_order_release);
    if (back_.push(emptied)) return;
    delete emptied;
    dropped_.fetch_add(1, std::memory_order_release);
  }

 private:
  struct byte_account {
    std::size_t sent = 0;
    alignas(Small ? alignof(std::size_t) : 64) std::atomic<std::size_t> returned{0};  ///< by the receiver
  };
  struct no_account {};

  /// Bytes that were sent and are not used.
  std::size_t under_way() const {
    if constexpr (counts_bytes)
      return bytes_.sent - bytes_.returned.load(std::memory_order_acquire);
    else
      return 0;
  }

  void take_back(packet<T>* emptied) {
    if (out_-- > limits_.packets + 1) {  // a loop that stops for lack of room has begun one more
      delete emptied;
    } else {
      emptied->next = spare_;
      spare_ = emptied;
    }
  }
  /// By the sender. What was borrowed beyond the credit does not become credit by coming back.
  void take_back() {
    packet<T>* emptied = nullptr;
    while (back_.pop(emptied)) take_back(emptied);
    if (dropped_.load(std::memory_order_relaxed) != 0) out_ -= dropped_.exchange(0, std::memory_order_acquire);
  }

  ring<message<T>, Small ? 1 : 64> forward_;
  [[no_unique_address]] std::conditional_t<Small, no_way_back, ring<packet<T>*, 128>> back_;
  channel_limits const& limits_;
  packet<T>* spare_ = nullptr;  ///< the sender's
  std::uint32_t out_ = 0;       ///< of the sender's packets: being filled, on the way, being read, or on the way back
  std::atomic<std::uint32_t> dropped_{0};  ///< by the receiver, since there was no room on the way back
  [[no_unique_address]] std::conditional_t<counts_bytes, byte_account, no_account> bytes_;
};

}  // namespace leat::detail
