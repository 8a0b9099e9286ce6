// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

namespace leat::detail {

/// Memory with several holders, who may be on different threads; freed when the last lets go. What is inside is not
/// guarded. Aligned for any number.
class slab {
 public:
  slab() = default;
  explicit slab(std::size_t capacity) {
    void* const memory = std::malloc(sizeof(head) + capacity);
    if (memory == nullptr) throw std::bad_alloc();
    head_ = new (memory) head(capacity);
  }
  slab(slab const& other) : head_(other.head_) {
    if (head_ != nullptr) head_->holders.fetch_add(1, std::memory_order_relaxed);
  }
  slab(slab&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
  slab& operator=(slab other) noexcept {
    std::swap(head_, other.head_);
    return *this;
  }
  ~slab() {
    if (head_ != nullptr && head_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) std::free(head_);
  }

  std::byte* data() const { return head_ == nullptr ? nullptr : reinterpret_cast<std::byte*>(head_ + 1); }
  std::size_t capacity() const { return head_ == nullptr ? 0 : head_->capacity; }
  /// Nobody else holds it: what others have done with it is over.
  bool only_holder() const { return head_ != nullptr && head_->holders.load(std::memory_order_acquire) == 1; }
  bool operator==(slab const& other) const { return head_ == other.head_; }

 private:
  struct alignas(std::max_align_t) head {
    explicit head(std::size_t bytes) : capacity(bytes) {}
    std::atomic<std::size_t> holders{1};
    std::size_t capacity;
  };
  head* head_ = nullptr;
};

}  // namespace leat::detail
