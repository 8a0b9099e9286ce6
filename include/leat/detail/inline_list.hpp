// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace leat::detail {

/// A sequence that mostly has one element, which then lies in the list itself: to reach it costs no further cache line,
/// and to make it no memory. Several lie in memory of their own, until there is one again. An element whose move throws
/// ends the program.
template <class T>
class inline_list {
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

 public:
  inline_list() noexcept {}
  inline_list(inline_list&& other) noexcept { take(other); }
  inline_list& operator=(inline_list&& other) noexcept {
    if (this == &other) return *this;
    clear();
    take(other);
    return *this;
  }
  ~inline_list() { clear(); }

  T* begin() { return room_ == 0 ? &in_place_ : elsewhere_; }
  T* end() { return begin() + size_; }
  T const* begin() const { return room_ == 0 ? &in_place_ : elsewhere_; }
  T const* end() const { return begin() + size_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return begin()[i]; }
  T& front() { return *begin(); }
  T const& front() const { return *begin(); }

  /// The new element stands at this place, and those from there on behind it. The arguments may not be parts of the
  /// list itself.
  template <class... Args>
  T& emplace(std::size_t place, Args&&... args) {
    T added(std::forward<Args>(args)...);
    if (size_ == (room_ == 0 ? 1 : room_)) grow();
    T* const to = begin() + place;
    for (T* behind = end(); behind != to; --behind) move_to(behind, behind[-1]);
    T* const element = ::new (static_cast<void*>(to)) T(std::move(added));
    ++size_;
    return *element;
  }
  template <class... Args>
  T& emplace_back(Args&&... args) {
    return emplace(size_, std::forward<Args>(args)...);
  }
  void erase(std::size_t place) { erase(place, place + 1); }
  /// Those from `from` to before `to`.
  void erase(std::size_t from, std::size_t to) {
    if (from == to) return;
    T* const first = begin();
    for (std::size_t i = from; i != to; ++i) first[i].~T();
    for (std::size_t i = to; i != size_; ++i) move_to(first + from + (i - to), first[i]);
    size_ -= static_cast<std::uint32_t>(to - from);
    if (size_ <= 1) come_back();
  }
  void clear() { erase(0, size_); }

 private:
  /// `to` has no element, and `from` has none then.
  static void move_to(T* to, T& from) noexcept {
    ::new (static_cast<void*>(to)) T(std::move(from));
    from.~T();
  }

  /// This list is empty, and the other is then.
  void take(inline_list& other) {
    if (other.room_ != 0)
      elsewhere_ = other.elsewhere_;
    else if (other.size_ != 0)
      move_to(&in_place_, other.in_place_);
    size_ = std::exchange(other.size_, 0);
    room_ = std::exchange(other.room_, 0);
  }

  [[gnu::noinline]] void grow() {
    std::uint32_t const room = room_ == 0 ? 4 : room_ * 2;
    T* const to = static_cast<T*>(::operator new(room * sizeof(T)));
    T* const from = begin();
    for (std::size_t i = 0; i != size_; ++i) move_to(to + i, from[i]);
    if (room_ != 0) ::operator delete(static_cast<void*>(elsewhere_));
    elsewhere_ = to;
    room_ = room;
  }
  /// What is left has room in the list again.
  void come_back() {
    if (room_ == 0) return;
    T* const from = elsewhere_;
    room_ = 0;
    if (size_ != 0) move_to(&in_place_, *from);
    ::operator delete(static_cast<void*>(from));
  }

  std::uint32_t size_ = 0;
  std::uint32_t room_ = 0;  ///< elsewhere; none: an element lies in place
  union {
    T in_place_;
    T* elsewhere_;
  };
};

}  // namespace leat::detail
