// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/containers.hpp>
#include <leat/route/codec/flat.hpp>
#include <leat/route/codec/has_codec.hpp>
#include <leat/route/codec/standard_types.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// The receiver of a record's description. It is abstract, since every exchange is described but few programs form a
/// cluster: only those compile the text that is made of it (`record_text`).
class record_description {
 public:
  virtual void number(char kind, std::size_t bytes) = 0;
  /// Its parts follow, then `close`.
  virtual void open(shape_name const& shape) = 0;
  virtual void close() = 0;
  /// A type of the user's with its `codec_version`; its parts follow, then `leave`. False when it lies inside itself
  /// and need not be described. The parts are to be those of the version that is there afterwards.
  virtual bool enter(void const* type, unsigned& version) = 0;
  virtual void leave() = 0;
  /// What follows describes the bytes in memory, and not what a `serialize` writes.
  virtual void in_memory() = 0;

 protected:
  ~record_description() = default;
};

/// Loads a made-up value and reports what would have been read. Counts and other numbers are 1, and a bool is true, so
/// that a `serialize` shows as much of itself as it can.
template <class Tag>
class basic_describing_archive {
 public:
  using is_saving = std::false_type;
  using is_loading = std::true_type;

  explicit basic_describing_archive(record_description& to) : to_(to) {}
  basic_describing_archive(basic_describing_archive const&) = delete;
  basic_describing_archive& operator=(basic_describing_archive const&) = delete;

  template <class T>
  basic_describing_archive& operator&(T&& value) {
    using type = std::remove_cvref_t<T>;
    if constexpr (is_users<type>) {
      visit(const_cast<type&>(value));
    } else {
      describe<false, type>();
      if constexpr (std::is_const_v<std::remove_reference_t<T>>) {
      } else if constexpr (is_scalar_value<type>) {
        value = static_cast<type>(1);
      } else if constexpr (std::is_same_v<type, boost::serialization::collection_size_type>) {
        value = type(1);
      }
    }
    return *this;
  }
  template <class T>
  basic_describing_archive& operator>>(T&& value) {
    return *this & value;
  }

  /// The version of Boost.Serialization whose spelling is understood.
  unsigned get_library_version() const { return 19; }
  void reset_object_address(void const*, void const*) {}
  void load_binary(void*, std::size_t count) { to_.number('b', count); }

  /// Describes a type without a value of it. `Memory`: its parts as they lie in memory, and not what its `serialize`
  /// names.
  template <bool Memory, class T>
  [[gnu::cold]] void describe() {
    if constexpr (std::is_enum_v<T>) {
      describe<Memory, std::underlying_type_t<T>>();
    } else if constexpr (std::is_arithmetic_v<T>) {
      to_.number(kind_of<T>(), sizeof(T));
    } else if constexpr (std::is_bounded_array_v<T>) {
      to_.open({'A', std::extent_v<T>});
      describe<Memory, std::remove_cv_t<std::remove_extent_t<T>>>();
      to_.close();
    } else if constexpr (std::is_same_v<T, boost::serialization::collection_size_type>) {
      to_.number('u', 4);
    } else if constexpr (std::is_same_v<T, boost::serialization::item_version_type> || !has_codec<T>) {
    } else if constexpr (standard<T>::known) {
      to_.open(standard<T>::shape);
      describe_all<Memory>(static_cast<typename standard<T>::parts*>(nullptr));
      to_.close();
    } else if constexpr (Memory && flat_fields<T>() != 0) {
      unsigned number = codec_version<T>;
      if (!to_.enter(codec_identity<T>(), number)) return;
      describe_fields<T>(std::make_index_sequence<flat_fields<T>()>{});
      to_.leave();
    } else if constexpr (!Memory && std::is_default_constructible_v<T>) {
      T value{};
      visit(value);
    } else {
      to_.number('?', sizeof(T));
    }
  }

 private:
  template <class T>
  static constexpr bool is_users =
      (std::is_class_v<T> || std::is_union_v<T>) && !is_boost_count<T> && !standard<T>::known && has_codec<T>;

  template <class T>
  static constexpr char kind_of() {
    if constexpr (std::is_same_v<T, bool>)
      return 'z';
    else if constexpr (std::is_same_v<T, char>)
      return 'c';
    else if constexpr (std::is_floating_point_v<T>)
      return 'f';
    else
      return std::is_signed_v<T> ? 'i' : 'u';
  }

  template <class T>
  static constexpr std::size_t flat_fields() {
    if constexpr (std::is_aggregate_v<T>)
      return count_flat_fields<T>();
    else
      return 0;
  }

  template <class T>
  [[gnu::cold]] void visit(T& value) {
    unsigned number = codec_version<T>;
    if (!to_.enter(codec_identity<T>(), number)) return;
    access::serialize(*this, value, number);
    to_.leave();
  }

  template <bool Memory, class... Ts>
  void describe_all(parts_of<Ts...>*) {
    (describe<Memory, Ts>(), ...);
  }

  /// Stands for a value of any flat type, and describes those that it was taken for.
  struct field {
    template <class U>
      requires flat<U>
    operator U() const {
      of->template describe<true, U>();
      return U{};
    }
    basic_describing_archive* of;
  };
  template <std::size_t>
  static field const& field_number(field const& probe) {
    return probe;
  }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-braces"
  template <class T, std::size_t... Index>
  void describe_fields(std::index_sequence<Index...>) {
    field const probe{this};
    [[maybe_unused]] T const object{field_number<Index>(probe)...};
  }
#pragma GCC diagnostic pop

  record_description& to_;
};

/// Describes the records of a channel: flat ones of the user's as they lie in memory, since batches of them travel so,
/// others by running their `serialize` on made-up values. Passes on what a `serialize` throws.
template <class T>
[[gnu::cold]] void describe_record(record_description& to) {
  basic_describing_archive<boost::serialization::access> archive(to);
  archive.template describe<false, T>();
  if constexpr (flat<T> && !encoded_as_is<T>) {
    to.in_memory();
    archive.template describe<true, T>();
  }
}

/// Describes what is kept of values of this type: their `serialize` writes it.
template <class T>
[[gnu::cold]] void describe_kept(record_description& to) {
  basic_describing_archive<boost::serialization::access>(to).template describe<false, T>();
}

}  // namespace leat::detail
