// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/list.hpp>

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

namespace leat::detail {

[[gnu::noinline]] LEAT_INLINE void* regrown(void* from, std::size_t used, std::size_t room) {
  void* const to = ::operator new(room);
  if (used != 0) std::memcpy(to, from, used);
  ::operator delete(from);
  return to;
}

LEAT_INLINE pointers::pointers(pointers&& other) noexcept
    : first_(std::exchange(other.first_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      room_(std::exchange(other.room_, 0)) {}
LEAT_INLINE pointers& pointers::operator=(pointers&& other) noexcept {
  std::swap(first_, other.first_);
  std::swap(size_, other.size_);
  std::swap(room_, other.room_);
  return *this;
}
LEAT_INLINE pointers::~pointers() { ::operator delete(static_cast<void*>(first_)); }

LEAT_INLINE void pointers::make_room() {
  if (size_ != room_) return;
  std::size_t const room = room_ == 0 ? 4 : room_ * 2;
  first_ = static_cast<void**>(regrown(static_cast<void*>(first_), size_ * sizeof(void*), room * sizeof(void*)));
  room_ = room;
}

LEAT_INLINE void pointers::push_back(void* pointer) {
  make_room();
  first_[size_++] = pointer;
}

LEAT_INLINE void pointers::erase(std::size_t at) {
  for (; at + 1 != size_; ++at) first_[at] = first_[at + 1];
  --size_;
}

LEAT_INLINE void pointers::erase_first(std::size_t count) {
  std::memmove(static_cast<void*>(first_), first_ + count, (size_ - count) * sizeof(void*));
  size_ -= count;
}

LEAT_INLINE void pointer_queue::pop_front() {
  ++first_;
  if (first_ * 2 < pointers_.size()) return;  // each pointer is moved once at most, on the average
  pointers_.erase_first(first_);
  first_ = 0;
}

}  // namespace leat::detail
