// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// Contiguous records with room known beforehand: the kernels write through `end()` without a test per record and
/// tell the buffer where they stopped. `push` is the form with the test. Unlike std::vector it is one of bool, too. Not
/// thread-safe.
template <class T>
class buffer {
 public:
  buffer() = default;
  explicit buffer(std::size_t capacity) { reserve(capacity); }
  buffer(buffer&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)),
        end_(std::exchange(other.end_, nullptr)),
        limit_(std::exchange(other.limit_, nullptr)),
        borrowed_(std::exchange(other.borrowed_, nullptr)) {}
  buffer& operator=(buffer&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(limit_, other.limit_);
    std::swap(borrowed_, other.borrowed_);
    return *this;
  }
  ~buffer() {
    clear();
    release(begin_);
  }

  T* begin() const { return begin_; }
  T* end() const { return end_; }
  std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
  std::size_t capacity() const { return static_cast<std::size_t>(limit_ - begin_); }
  std::size_t room() const { return static_cast<std::size_t>(limit_ - end_); }
  bool empty() const { return begin_ == end_; }
  bool full() const { return end_ == limit_; }

  /// Room in memory of somebody else's, for records that need no destructor, until `release` or until it grows. Only of
  /// a buffer that is empty.
  void borrow(T* memory, std::size_t capacity) {
    release(begin_);
    begin_ = end_ = borrowed_ = memory;
    limit_ = memory + capacity;
  }
  bool borrowed() const { return borrowed_ != nullptr; }
  void release() { begin_ = end_ = limit_ = borrowed_ = nullptr; }

  /// The records up to here have been constructed in place by the caller.
  void set_end(T* end) { end_ = end; }

  template <class X>
  void push(X&& record) {
    if (end_ == limit_) reserve(capacity() < 8 ? 16 : capacity() * 2);
    ::new (static_cast<void*>(end_)) T(std::forward<X>(record));
    ++end_;
  }

  /// Room for `capacity` records in all; what is inside is moved along.
  void reserve(std::size_t wanted) {
    if (wanted <= capacity()) return;
    T* const grown = static_cast<T*>(::operator new(wanted * sizeof(T), std::align_val_t{alignof(T)}));
    std::size_t const count = size();
    std::size_t moved = 0;
    try {
      for (; moved != count; ++moved) ::new (static_cast<void*>(grown + moved)) T(std::move(begin_[moved]));
    } catch (...) {
      destroy(grown, grown + moved);
      ::operator delete(grown, std::align_val_t{alignof(T)});
      throw;
    }
    destroy(begin_, end_);
    release(begin_);
    borrowed_ = nullptr;
    begin_ = grown;
    end_ = grown + count;
    limit_ = grown + wanted;
  }

  /// Makes sure that `more` records can be written through `end()`. It at least doubles, so that records which are
  /// added in portions are moved along a few times only.
  void make_room(std::size_t more) {
    if (room() >= more) return;
    std::size_t const wanted = size() + more;
    reserve(wanted < 2 * capacity() ? 2 * capacity() : wanted);
  }

  void clear() {
    destroy(begin_, end_);
    end_ = begin_;
  }

 private:
  static void destroy(T* first, T* last) {
    if constexpr (!std::is_trivially_destructible_v<T>) std::destroy(first, last);
  }
  void release(T* memory) {
    if (memory != borrowed_) ::operator delete(memory, std::align_val_t{alignof(T)});
  }

  T* begin_ = nullptr;
  T* end_ = nullptr;
  T* limit_ = nullptr;
  T* borrowed_ = nullptr;
};

template <class T>
buffer<T> copies_of(T const* records, std::size_t count) {
  buffer<T> copies(count);
  for (std::size_t i = 0; i != count; ++i) copies.push(records[i]);
  return copies;
}

}  // namespace leat::detail
