// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <utility>

namespace leat {

/// A growing run of bytes, whose memory is not set to zero before it is written. Values are encoded in place: ask for
/// room, write behind `end()`, then say where the writing stopped. Not thread-safe.
class byte_buffer {
 public:
  byte_buffer() = default;

  /// Begins in memory of the caller's, which must outlive the buffer, and moves to its own when that is full.
  explicit byte_buffer(std::span<std::byte> borrowed)
      : begin_(borrowed.data()),
        end_(borrowed.data()),
        limit_(borrowed.data() + borrowed.size()),
        borrowed_(borrowed.data()) {}

  byte_buffer(byte_buffer&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)),
        end_(std::exchange(other.end_, nullptr)),
        limit_(std::exchange(other.limit_, nullptr)),
        borrowed_(std::exchange(other.borrowed_, nullptr)) {}
  byte_buffer& operator=(byte_buffer&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(limit_, other.limit_);
    std::swap(borrowed_, other.borrowed_);
    return *this;
  }
  ~byte_buffer() {
    if (begin_ != borrowed_) std::free(begin_);
  }

  /// The first byte.
  std::byte* data() { return begin_; }
  /// The first byte.
  std::byte const* data() const { return begin_; }
  /// Behind the last byte.
  std::byte* end() { return end_; }
  /// Behind the last byte.
  std::byte const* end() const { return end_; }
  /// Bytes it holds.
  std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
  /// Bytes it can hold before it grows.
  std::size_t capacity() const { return static_cast<std::size_t>(limit_ - begin_); }
  /// Bytes that can be appended before it grows.
  std::size_t room() const { return static_cast<std::size_t>(limit_ - end_); }
  /// Whether it holds nothing.
  bool empty() const { return begin_ == end_; }
  /// All it holds, valid until it is changed.
  std::span<std::byte const> bytes() const { return {begin_, size()}; }
  operator std::span<std::byte const>() const { return bytes(); }

  /// Empties it, and keeps the memory.
  void clear() { end_ = begin_; }

  /// Says how far the caller has written, within the capacity.
  void set_end(std::byte* end) { end_ = end; }

  /// Makes sure that `more` bytes can be written through `end()`.
  void make_room(std::size_t more) {
    if (room() < more) regrow(size(), more);
  }

  /// Copies so many bytes behind the last one.
  void append(void const* from, std::size_t count) {
    make_room(count);
    if (count != 0) std::memcpy(end_, from, count);
    end_ += count;
  }

  /// New memory for `used + more` bytes at least; the first `used` are carried over, also those behind
  /// `end()`.
  [[gnu::cold, gnu::noinline]] void regrow(std::size_t used, std::size_t more) {
    std::size_t const held = size();
    std::size_t wanted = used + more;
    if (wanted < used) throw std::bad_alloc();
    if (wanted < 2 * capacity()) wanted = 2 * capacity();
    if (wanted < 256) wanted = 256;
    bool const own = begin_ != borrowed_;
    void* const grown = own ? std::realloc(begin_, wanted) : std::malloc(wanted);
    if (grown == nullptr) throw std::bad_alloc();
    if (!own && used != 0) std::memcpy(grown, begin_, used);
    borrowed_ = nullptr;
    begin_ = static_cast<std::byte*>(grown);
    end_ = begin_ + held;
    limit_ = begin_ + wanted;
  }

 private:
  std::byte* begin_ = nullptr;
  std::byte* end_ = nullptr;
  std::byte* limit_ = nullptr;
  std::byte* borrowed_ = nullptr;
};

}  // namespace leat
