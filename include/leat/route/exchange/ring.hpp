// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace leat::detail {

/// A bounded queue with one producer and one consumer. The consumer polls the slot itself, so an empty ring costs it
/// no look at the producer's counter; the producer reads the consumer's counter only when the ring looks full.
/// (Lamport's queue, with the slot sequence of Vyukov's bounded queue.) A ring for one item is packed, since there are
/// many of them; in others what the two sides write lies apart.
template <class Item, std::size_t Capacity>
class ring {
  static_assert((Capacity & (Capacity - 1)) == 0, "a ring's capacity is a power of two");

 public:
  bool push(Item const& item) {
    if (tail_ - known_head_ == Capacity) {
      known_head_ = head_.load(std::memory_order_acquire);
      if (tail_ - known_head_ == Capacity) return false;
    }
    slot& to = slots_[tail_ & (Capacity - 1)];
    to.item = item;
    ++tail_;
    to.sequence.store(tail_, std::memory_order_release);
    return true;
  }

  bool pop(Item& item) {
    counter const head = head_.load(std::memory_order_relaxed);
    slot& from = slots_[head & (Capacity - 1)];
    counter const next = head + 1;
    if (from.sequence.load(std::memory_order_acquire) != next) return false;
    item = from.item;
    head_.store(next, std::memory_order_release);
    return true;
  }

  /// From the producer's side: everything pushed has been popped.
  bool drained() const { return head_.load(std::memory_order_acquire) == tail_; }
  /// From the producer's side.
  bool less_than_half_full() const { return 2 * (tail_ - head_.load(std::memory_order_acquire)) < Capacity; }

 private:
  using counter = std::uint32_t;  // they may wrap, since only how they differ is looked at

  struct slot {
    std::atomic<counter> sequence{0};
    Item item{};
  };
  static constexpr std::size_t apart = Capacity == 1 ? alignof(slot) : 64;  // a cache line
  static constexpr std::size_t counters_apart = Capacity == 1 ? alignof(counter) : 64;

  alignas(apart) std::array<slot, Capacity> slots_{};
  alignas(counters_apart) counter tail_ = 0;
  counter known_head_ = 0;
  alignas(counters_apart) std::atomic<counter> head_{0};
};

}  // namespace leat::detail
