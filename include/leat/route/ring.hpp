// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace leat::detail {

/// A bounded queue with one producer and one consumer. The consumer polls the slot itself, so an empty ring costs it
/// no look at the producer's counter; the producer reads the consumer's counter only when the ring looks full.
/// (Lamport's queue, with the slot sequence of Vyukov's bounded queue.)
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
    std::uint64_t const head = head_.load(std::memory_order_relaxed);
    slot& from = slots_[head & (Capacity - 1)];
    if (from.sequence.load(std::memory_order_acquire) != head + 1) return false;
    item = from.item;
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  /// From the producer's side: everything pushed has been popped.
  bool drained() const { return head_.load(std::memory_order_acquire) == tail_; }

 private:
  struct slot {
    std::atomic<std::uint64_t> sequence{0};
    Item item{};
  };
  static constexpr std::size_t cache_line = 64;

  alignas(cache_line) std::array<slot, Capacity> slots_{};
  alignas(cache_line) std::uint64_t tail_ = 0;
  std::uint64_t known_head_ = 0;
  alignas(cache_line) std::atomic<std::uint64_t> head_{0};
};

}  // namespace leat::detail
