// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/codec_versions.hpp>
#include <leat/route/codec/containers.hpp>
#include <leat/route/codec/error.hpp>
#include <leat/route/codec/flat.hpp>
#include <leat/route/codec/has_codec.hpp>
#include <leat/route/codec/standard_types.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace leat {
namespace detail {

/// Reads values from bytes that may be hostile. A count is checked against the bytes that are left before
/// anything is reserved. Elements that may be much larger in memory than in bytes (over 16 times) are charged
/// to an allowance: so the memory that reading asks for stays within about 16 times the bytes, plus 64 KiB;
/// growing a container step by step may touch twice that in all. (Not counted: what an empty container
/// allocates, half a KiB for a deque of libstdc++.)
template <class Tag>
class basic_input_archive {
 public:
  using is_saving = std::false_type;
  using is_loading = std::true_type;

  explicit basic_input_archive(std::span<std::byte const> from)
      : basic_input_archive(from, std::size_t{64} * 1024 + 16 * from.size()) {}

  /// `allowance`: the bytes of memory that reading may ask for; any number for bytes that this process has written
  /// itself.
  basic_input_archive(std::span<std::byte const> from, std::size_t allowance)
      : next_(from.data()), end_(from.data() + from.size()), allowance_(allowance) {}

  /// For bytes that an earlier program may have written; null: this one has.
  basic_input_archive(std::span<std::byte const> from, codec_versions const* versions) : basic_input_archive(from) {
    versions_ = versions;
  }

  basic_input_archive(basic_input_archive const&) = delete;
  basic_input_archive& operator=(basic_input_archive const&) = delete;

  /// Throws codec_error for bytes that cannot be a value of this type; the value then holds what was read so
  /// far. Takes temporaries too: Boost's wrappers (`make_nvp`) are passed so.
  template <class T>
  [[gnu::always_inline]] basic_input_archive& operator&(T&& value) {
    using type = std::remove_cvref_t<T>;
    constexpr bool type_has_a_codec = has_codec<type>;
    static_assert(type_has_a_codec,
                  "leat: this type has no codec: give it template <class A> void serialize(A&, unsigned), or use types "
                  "that have one");
    constexpr bool can_be_written = !type_has_a_codec || !std::is_const_v<std::remove_reference_t<T>> ||
                                    (std::is_class_v<type> && !standard<type>::known);
    static_assert(can_be_written, "leat: a const value cannot be decoded into: serialize fields that are not const");
    if constexpr (!type_has_a_codec || !can_be_written ||
                  std::is_same_v<type, boost::serialization::item_version_type>) {
    } else if constexpr (is_scalar_value<type>) {
      get_scalar(value);
    } else if constexpr (std::is_bounded_array_v<type>) {
      get_elements(value, std::extent_v<type>);
    } else if constexpr (std::is_same_v<type, boost::serialization::collection_size_type>) {
      value = type(get_count(1, 0));
    } else if constexpr (standard<type>::known) {
      standard<type>::load(*this, value);
    } else {
      if (++depth_ > deepest_nesting) refuse_depth();
      access::serialize(*this, const_cast<type&>(value), version_of<type>());
      --depth_;
    }
    return *this;
  }
  template <class T>
  [[gnu::always_inline]] basic_input_archive& operator>>(T&& value) {
    return *this & value;
  }

  /// The version of Boost.Serialization whose spelling is understood.
  unsigned get_library_version() const { return 19; }
  void reset_object_address(void const*, void const*) {}
  void load_binary(void* to, std::size_t count) { raw(to, count); }

  std::size_t left() const { return static_cast<std::size_t>(end_ - next_); }
  std::byte const* next() const { return next_; }
  /// At most `left()`.
  void skip(std::size_t count) { next_ += count; }

  /// Reads a count of elements that take `least` bytes at least, and `memory` bytes each once they are read.
  [[gnu::always_inline]] std::size_t get_count(std::size_t least, std::size_t memory) {
    std::uint32_t read = 0;
    raw(&read, sizeof read);
    std::size_t const count = read;
    least = std::max<std::size_t>(least, 1);
    if (count > left() / least) [[unlikely]]
      refuse_count(count, left());
    if (memory > 16 * least) {
      if (count > allowance_ / memory) refuse_memory(count * memory, allowance_);
      allowance_ -= count * memory;
    }
    return count;
  }

  /// The counterpart of `put_element`.
  template <class E>
  [[gnu::always_inline]] void get_element(E& element) {
    if constexpr (least_bytes<E> == 0) {
      std::byte const* const before = next_;
      *this >> element;
      if (next_ == before) {
        std::uint8_t filler = 0;
        raw(&filler, sizeof filler);
      }
    } else {
      *this >> element;
    }
  }

  template <class E>
  [[gnu::always_inline]] void get_elements(E* to, std::size_t count) {
    if constexpr (encoded_as_is<E>)
      raw(to, count * sizeof(E));
    else
      for (std::size_t i = 0; i != count; ++i) *this >> to[i];
  }

 private:
  template <class T>
  [[gnu::always_inline]] void get_scalar(T& value) {
    if constexpr (encoded_as_is<T>) {
      raw(&value, sizeof value);
    } else {
      std::uint8_t truth = 0;
      raw(&truth, sizeof truth);
      if (truth > 1) [[unlikely]]
        refuse_truth(truth);
      value = static_cast<T>(truth == 1);
    }
  }

  template <class T>
  [[gnu::always_inline]] unsigned version_of() const {
    if constexpr (codec_version<T> != 0)
      if (versions_ != nullptr) return versions_->of(codec_identity<T>());
    return codec_version<T>;
  }

  [[gnu::always_inline]] void raw(void* to, std::size_t count) {
    if (left() < count) [[unlikely]]
      refuse_short(count, left());
    if (count != 0) std::memcpy(to, next_, count);
    next_ += count;
  }

  std::byte const* next_;
  std::byte const* end_;
  std::size_t allowance_;
  codec_versions const* versions_ = nullptr;
  unsigned depth_ = 0;
};

}  // namespace detail

/// The archive that a `serialize` is given when a value is read.
using input_archive = detail::basic_input_archive<boost::serialization::access>;

}  // namespace leat
