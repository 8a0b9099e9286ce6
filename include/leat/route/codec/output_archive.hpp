// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/containers.hpp>
#include <leat/route/codec/error.hpp>
#include <leat/route/codec/flat.hpp>
#include <leat/route/codec/has_codec.hpp>
#include <leat/route/codec/standard_types.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace leat {
namespace detail {

/// The tag of an archive that writes equal values as equal bytes, for keys: 0.0 for -0.0; what has no order is refused.
template <class Tag>
struct equal_bytes {};
template <class Tag>
inline constexpr bool gives_equal_bytes = false;
template <class Tag>
inline constexpr bool gives_equal_bytes<equal_bytes<Tag>> = true;

/// Appends values to a byte buffer, which sees them when the archive is destroyed. Numbers are written
/// little-endian in their own width, counts in 32 bits, nothing is aligned, and there is no header. Nothing
/// here lets the archive's address escape, so that its pointers stay in registers.
template <class Tag>
class basic_output_archive {
 public:
  using is_saving = std::true_type;
  using is_loading = std::false_type;

  explicit basic_output_archive(byte_buffer& to)
      : to_(to), begin_(to.data()), next_(to.end()), limit_(to.end() + to.room()) {}
  basic_output_archive(basic_output_archive const&) = delete;
  basic_output_archive& operator=(basic_output_archive const&) = delete;
  ~basic_output_archive() { to_.set_end(next_); }

  /// Throws codec_error for what cannot be read back: more than 2^32 - 1 elements, user types nested over 64
  /// deep.
  template <class T>
  [[gnu::always_inline]] basic_output_archive& operator&(T const& value) {
    constexpr bool type_has_a_codec = has_codec<T>;
    static_assert(type_has_a_codec,
                  "leat: this type has no codec: give it template <class A> void serialize(A&, unsigned), or use types "
                  "that have one");
    constexpr bool key_has_an_order = !for_keys || !unordered<T>;
    static_assert(key_has_an_order,
                  "leat: an unordered container cannot be a key, nor be inside one: equal ones may have different "
                  "bytes. Use a std::set, a std::map or a sorted vector");
    if constexpr (!type_has_a_codec || !key_has_an_order ||
                  std::is_same_v<T, boost::serialization::item_version_type>) {
    } else if constexpr (for_keys && std::is_floating_point_v<T>) {
      T const positive_zero = value + T{0};
      raw(&positive_zero, sizeof positive_zero);
    } else if constexpr (is_scalar_value<T>) {
      raw(&value, sizeof value);
    } else if constexpr (std::is_bounded_array_v<T>) {
      put_elements(value, std::extent_v<T>);
    } else if constexpr (std::is_same_v<T, boost::serialization::collection_size_type>) {
      put_count(static_cast<std::size_t>(value));
    } else if constexpr (standard<T>::known) {
      standard<T>::save(*this, value);
    } else {
      if (++depth_ > deepest_nesting) refuse_depth();
      // One `serialize` serves both directions, so it cannot be const.
      access::serialize(*this, const_cast<T&>(value), codec_version<T>);
      --depth_;
    }
    return *this;
  }
  template <class T>
  [[gnu::always_inline]] basic_output_archive& operator<<(T const& value) {
    return *this & value;
  }

  /// The version of Boost.Serialization whose spelling is understood.
  unsigned get_library_version() const { return 19; }
  void save_binary(void const* from, std::size_t count) { raw(from, count); }

  /// The size of the buffer, with the bytes that this archive has written.
  std::size_t size() const { return position(); }

  [[gnu::always_inline]] void put_count(std::size_t count) {
    if (count > (std::numeric_limits<std::uint32_t>::max)()) refuse_size(count);
    auto const written = static_cast<std::uint32_t>(count);
    raw(&written, sizeof written);
  }

  /// Writes the count and the elements, with one test for room.
  template <class E>
  [[gnu::always_inline]] void put_counted(E const* from, std::size_t count) {
    if constexpr (for_keys && may_differ_in_bytes<E>()) {
      put_count(count);
      put_elements(from, count);
      return;
    }
    if (count > (std::numeric_limits<std::uint32_t>::max)()) refuse_size(count);
    auto const written = static_cast<std::uint32_t>(count);
    make_room(sizeof written + count * sizeof(E));
    std::memcpy(next_, &written, sizeof written);
    next_ += sizeof written;
    if (count != 0) std::memcpy(next_, from, count * sizeof(E));
    next_ += count * sizeof(E);
  }

  /// An element that wrote nothing gets a byte, so that a count is never larger than what follows it.
  template <class E>
  [[gnu::always_inline]] void put_element(E const& element) {
    if constexpr (least_bytes<E> == 0) {
      std::size_t const before = position();
      *this << element;
      if (position() == before) *this << std::uint8_t{0};
    } else {
      *this << element;
    }
  }

  template <class E>
  [[gnu::always_inline]] void put_elements(E const* from, std::size_t count) {
    if constexpr (encoded_as_is<E> && !(for_keys && may_differ_in_bytes<E>()))
      raw(from, count * sizeof(E));
    else
      for (std::size_t i = 0; i != count; ++i) *this << from[i];
  }

 private:
  static constexpr bool for_keys = gives_equal_bytes<Tag>;

  struct place {
    std::byte* begin;
    std::byte* next;
    std::byte* limit;
  };

  std::size_t position() const { return static_cast<std::size_t>(next_ - begin_); }

  [[gnu::always_inline]] void raw(void const* from, std::size_t count) {
    make_room(count);
    if (count != 0) std::memcpy(next_, from, count);
    next_ += count;
  }

  [[gnu::always_inline]] void make_room(std::size_t count) {
    if (static_cast<std::size_t>(limit_ - next_) < count) [[unlikely]] {
      place const grown = grow(to_, position(), count);
      begin_ = grown.begin;
      next_ = grown.next;
      limit_ = grown.limit;
    }
  }

  [[gnu::cold, gnu::noinline]] static place grow(byte_buffer& to, std::size_t used, std::size_t count) {
    to.regrow(used, count);
    return {to.data(), to.data() + used, to.data() + to.capacity()};
  }

  byte_buffer& to_;
  std::byte* begin_;
  std::byte* next_;
  std::byte* limit_;
  unsigned depth_ = 0;
};

}  // namespace detail

/// The archive that a `serialize` is given when a value is written.
using output_archive = detail::basic_output_archive<boost::serialization::access>;

}  // namespace leat
