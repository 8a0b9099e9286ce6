// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <iterator>
#include <new>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// Moves `used` bytes to new memory of `room` bytes and gives the old memory back.
[[gnu::cold]] void* regrown(void* from, std::size_t used, std::size_t room);

/// A sequence that grows at its end, for the machinery's own short lists. It can do little of what std::vector can, and
/// costs a compiler a quarter of it: this library makes lists of many types. Moving an element must not throw.
template <class T>
class list {
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

 public:
  list() = default;
  list(list&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        room_(std::exchange(other.room_, 0)) {}
  list& operator=(list&& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(size_, other.size_);
    std::swap(room_, other.room_);
    return *this;
  }
  ~list() {
    clear();
    ::operator delete(static_cast<void*>(first_));
  }

  T* begin() { return first_; }
  T* end() { return first_ + size_; }
  T const* begin() const { return first_; }
  T const* end() const { return first_ + size_; }
  std::reverse_iterator<T*> rbegin() { return std::reverse_iterator<T*>(end()); }
  std::reverse_iterator<T*> rend() { return std::reverse_iterator<T*>(begin()); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return first_[i]; }
  T const& operator[](std::size_t i) const { return first_[i]; }
  T& front() { return first_[0]; }
  T const& front() const { return first_[0]; }
  T& back() { return first_[size_ - 1]; }
  T const& back() const { return first_[size_ - 1]; }

  /// For one more element.
  void make_room() {
    if (size_ == room_) grow();
  }
  void push_back(T value) { emplace_back(std::move(value)); }
  /// The arguments may not be parts of the list itself.
  template <class... Args>
  T& emplace_back(Args&&... args) {
    make_room();
    T* const element = ::new (static_cast<void*>(first_ + size_)) T(std::forward<Args>(args)...);
    ++size_;
    return *element;
  }
  void pop_back() { first_[--size_].~T(); }
  void clear() {
    if constexpr (std::is_trivially_destructible_v<T>)
      size_ = 0;
    else
      while (size_ != 0) pop_back();
  }
  /// The order of the others stays.
  void erase(std::size_t at) {
    for (; at + 1 != size_; ++at) first_[at] = std::move(first_[at + 1]);
    pop_back();
  }

 private:
  [[gnu::cold, gnu::noinline]] void grow() {
    std::size_t const room = room_ == 0 ? 4 : room_ * 2;
    if constexpr (std::is_trivially_copyable_v<T>) {
      first_ = static_cast<T*>(regrown(static_cast<void*>(first_), size_ * sizeof(T), room * sizeof(T)));
    } else {
      T* const to = static_cast<T*>(::operator new(room * sizeof(T)));
      for (std::size_t i = 0; i != size_; ++i) {
        ::new (static_cast<void*>(to + i)) T(std::move(first_[i]));
        first_[i].~T();
      }
      ::operator delete(static_cast<void*>(first_));
      first_ = to;
    }
    room_ = room;
  }

  T* first_ = nullptr;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
};

/// Pointers to whatever it is. Lists of pointers to many types are made of this one, which is compiled once.
class pointers {
 public:
  pointers() = default;
  pointers(pointers&& other) noexcept;
  pointers& operator=(pointers&& other) noexcept;
  ~pointers();

  void* const* begin() const { return first_; }
  std::size_t size() const { return size_; }
  void* operator[](std::size_t i) const { return first_[i]; }

  /// For one more pointer.
  void make_room();
  void push_back(void* pointer);
  void clear() { size_ = 0; }
  /// The order of the others stays.
  void erase(std::size_t at);
  void erase_first(std::size_t count);

 private:
  void** first_ = nullptr;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
};

/// First in, first out.
class pointer_queue {
 public:
  bool empty() const { return first_ == pointers_.size(); }
  void* front() const { return pointers_[first_]; }
  void push_back(void* pointer) { pointers_.push_back(pointer); }
  void pop_front();

 private:
  pointers pointers_;
  std::size_t first_ = 0;
};

/// A list of objects that it owns, each in memory of its own: they stay where they are.
template <class T>
class owners {
 public:
  class iterator {
   public:
    explicit iterator(void* const* at) : at_(at) {}
    T* operator*() const { return static_cast<T*>(*at_); }
    iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator==(iterator const&) const = default;

   private:
    void* const* at_;
  };

  owners() = default;
  owners(owners&&) = default;
  owners& operator=(owners&&) = default;
  ~owners() { clear(); }

  iterator begin() const { return iterator(pointers_.begin()); }
  iterator end() const { return iterator(pointers_.begin() + pointers_.size()); }
  std::size_t size() const { return pointers_.size(); }
  bool empty() const { return pointers_.size() == 0; }
  T* operator[](std::size_t i) const { return static_cast<T*>(pointers_[i]); }
  T* front() const { return (*this)[0]; }
  T* back() const { return (*this)[pointers_.size() - 1]; }

  /// In their order.
  void clear() {
    for (T* object : *this) delete object;
    pointers_.clear();
  }
  /// For one more object, which `take` then cannot lose.
  void make_room() { pointers_.make_room(); }
  void take(T* object) { pointers_.push_back(object); }
  /// Makes one. Room for it is there before, so that it cannot be lost.
  template <class Made = T, class... Args>
  Made& add(Args&&... args) {
    make_room();
    Made* const object = new Made(std::forward<Args>(args)...);
    take(object);
    return *object;
  }
  /// The order of the others stays.
  void erase(std::size_t at) {
    delete (*this)[at];
    pointers_.erase(at);
  }

 private:
  pointers pointers_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/detail/list.ipp>
#endif
