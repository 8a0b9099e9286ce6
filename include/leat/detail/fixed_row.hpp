// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace leat::detail {

/// Objects side by side that need not be movable. Room for all of them is made at once.
template <class T>
class fixed_row {
 public:
  fixed_row() = default;
  fixed_row(fixed_row const&) = delete;
  fixed_row& operator=(fixed_row const&) = delete;
  ~fixed_row() {
    while (size_ != 0) first_[--size_].~T();
    if (first_ != nullptr) std::allocator<T>().deallocate(first_, room_);
  }

  /// Once, before objects are added.
  void make_room(std::size_t count) {
    first_ = std::allocator<T>().allocate(count);
    room_ = count;
  }
  template <class... Args>
  void add(Args&&... args) {
    ::new (static_cast<void*>(first_ + size_)) T(std::forward<Args>(args)...);
    ++size_;
  }
  /// All of them made of the same argument.
  template <class Argument>
  void fill(std::size_t count, Argument const& argument) {
    make_room(count);
    while (size_ != count) add(argument);
  }

  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return first_[i]; }
  T* begin() { return first_; }
  T* end() { return first_ + size_; }
  T const* begin() const { return first_; }
  T const* end() const { return first_ + size_; }

 private:
  T* first_ = nullptr;
  std::size_t room_ = 0;
  std::size_t size_ = 0;
};

}  // namespace leat::detail
