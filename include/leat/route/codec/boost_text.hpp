// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/route/codec/boost.hpp>
#include <leat/route/codec/codec.hpp>

#include <boost/archive/archive_exception.hpp>
#include <boost/archive/text_iarchive.hpp>
#include <boost/archive/text_oarchive.hpp>
#include <boost/archive/xml_iarchive.hpp>
#include <boost/archive/xml_oarchive.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/traits.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Any type with a codec, as text or XML that a person can read, and back. Wants Boost.Serialization linked: the
/// dependency `leat-boost`. (Apart from `boost.hpp`, since with XML included a type that is exported to Boost has to
/// name all its fields.)
namespace leat {
namespace detail {

template <class Tag, class Boost>
class readable_archive;

template <class T>
inline constexpr bool is_pair = false;
template <class A, class B>
inline constexpr bool is_pair<std::pair<A, B>> = true;

template <class T>
inline constexpr bool has_a_name = false;
template <class T>
inline constexpr bool has_a_name<boost::serialization::nvp<T>> = true;

template <class T>
inline constexpr bool is_string_of_bytes = false;
template <class C, class Traits, class Allocator>
inline constexpr bool is_string_of_bytes<std::basic_string<C, Traits, Allocator>> = sizeof(C) == 1;

/// A value of any codec type, as a type that Boost's archives know: so it is an element of its own in XML.
template <class T>
struct readable : boost::serialization::traits<readable<T>, boost::serialization::object_serializable,
                                               boost::serialization::track_never> {
  explicit readable(T& object, std::size_t most) : value(object), most_elements(most) {}
  template <class Boost>
  void serialize(Boost& archive, unsigned) {
    readable_archive<boost::serialization::access, Boost>(archive, most_elements).inside(value);
  }
  T& value;
  std::size_t most_elements;
};

/// leat's archive on top of one of Boost's: the values are taken apart as for the wire, and each number and string is
/// left to Boost.
template <class Tag, class Boost>
class readable_archive {
 public:
  using is_saving = std::bool_constant<Boost::is_saving::value>;
  using is_loading = std::bool_constant<!Boost::is_saving::value>;

  /// Sets the greatest count of elements that is believed of a container.
  readable_archive(Boost& to, std::size_t most) : boost_(to), most_(most) {}
  readable_archive(readable_archive const&) = delete;
  readable_archive& operator=(readable_archive const&) = delete;

  template <class T>
  readable_archive& operator&(T&& given) {
    if constexpr (has_a_name<std::remove_cvref_t<T>>)
      put(given.name(), given.value());
    else
      put("value", given);
    return *this;
  }
  template <class T>
  readable_archive& operator<<(T&& value) {
    return *this & value;
  }
  template <class T>
  readable_archive& operator>>(T&& value) {
    return *this & value;
  }

  unsigned get_library_version() const { return 19; }
  void reset_object_address(void const*, void const*) {}
  void save_binary(void const* from, std::size_t count) { put_elements(static_cast<std::byte const*>(from), count); }
  void load_binary(void* to, std::size_t count) { get_elements(static_cast<std::byte*>(to), count); }

  void put_count(std::size_t count) { put("count", count); }
  template <class E>
  void put_counted(E const* from, std::size_t count) {
    put_count(count);
    put_elements(from, count);
  }
  template <class E>
  void put_element(E const& each) {
    put("item", each);
  }
  template <class E>
  void put_elements(E const* from, std::size_t count) {
    for (std::size_t i = 0; i != count; ++i) put("item", from[i]);
  }

  std::size_t get_count(std::size_t, std::size_t) {
    std::size_t count = 0;
    put("count", count);
    if (count > most_) refuse_count(count, most_);
    return count;
  }
  template <class E>
  void get_element(E& each) {
    put("item", each);
  }
  template <class E>
  void get_elements(E* to, std::size_t count) {
    for (std::size_t i = 0; i != count; ++i) put("item", to[i]);
  }

  /// Descends into a value that is neither a number nor a string.
  template <class T>
  void inside(T& value) {
    if constexpr (std::is_bounded_array_v<T>)
      get_elements(value, std::extent_v<T>);
    else if constexpr (is_pair<T>)
      put("first", value.first), put("second", value.second);
    else if constexpr (!standard<T>::known)
      access::serialize(*this, value, codec_version<T>);
    else if constexpr (is_saving::value)
      standard<T>::save(*this, value);
    else
      standard<T>::load(*this, value);
  }

 private:
  template <class T>
  void put(char const* name, T&& given) {
    using type = std::remove_cvref_t<T>;
    static_assert(has_codec<type>, "leat: this type has no codec");
    // One function serves both directions; what is saved is not changed.
    auto& value = const_cast<type&>(given);
    if constexpr (std::is_same_v<type, boost::serialization::item_version_type>) {
    } else if constexpr (std::is_same_v<type, boost::serialization::collection_size_type>) {
      std::size_t count = value;
      put(name, count);
      value = type(count);
    } else if constexpr (std::is_enum_v<type>) {
      as<std::underlying_type_t<type>>(name, value);
    } else if constexpr (std::is_same_v<type, std::string>) {
      give(name, value);
    } else if constexpr (std::is_floating_point_v<type>) {
      number_as_text(name, value);
    } else if constexpr (std::is_arithmetic_v<type> && !std::is_same_v<type, bool>) {
      // Of one width each: Boost has no overload for some of the names that C++ has for them.
      using plain = std::conditional_t<std::is_signed_v<type>, long long, unsigned long long>;
      as<plain>(name, value);
    } else if constexpr (std::is_same_v<type, bool> || by_boost<type>) {
      give(name, value);
    } else if constexpr (is_string_of_bytes<type>) {
      std::string text(value.begin(), value.end());
      give(name, text);
      if constexpr (is_loading::value) value.assign(text.begin(), text.end());
    } else {
      readable<type> part(value, most_);
      give(name, part);
    }
  }

  template <class Plain, class T>
  void as(char const* name, T& value) {
    Plain plain = static_cast<Plain>(value);
    if constexpr (std::is_same_v<Plain, long long> || std::is_same_v<Plain, unsigned long long> ||
                  std::is_same_v<Plain, bool>)
      give(name, plain);
    else
      put(name, plain);
    if constexpr (is_loading::value) {
      value = static_cast<T>(plain);
      if (static_cast<Plain>(value) != plain) refuse(concat({"the number ", std::to_string(plain), " is too large"}));
    }
  }

  /// Boost writes every digit of a number, and cannot read infinity.
  template <class T>
  void number_as_text(char const* name, T& value) {
    std::string text;
    if constexpr (is_saving::value) {
      std::array<char, 64> digits{};
      text.assign(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    }
    give(name, text);
    if constexpr (is_loading::value) {
      char const* const end = text.data() + text.size();
      auto const [stopped, error] = std::from_chars(text.data(), end, value);
      if (error != std::errc() || stopped != end) refuse(concat({"\"", text, "\" is no number"}));
    }
  }

  template <class T>
  void give(char const* name, T& value) {
    boost_& boost::serialization::make_nvp(name, value);
  }

  Boost& boost_;
  std::size_t most_;
};

template <class Archive, class T>
std::string readable_text(T const& value) {
  static_assert(has_codec<T>, "leat: this type has no codec");
  std::ostringstream text;
  {
    Archive archive(text);
    readable_archive<boost::serialization::access, Archive>(archive, 0)
        << boost::serialization::make_nvp("value", const_cast<T&>(value));
  }
  return std::move(text).str();
}

template <class T, class Archive>
T from_readable_text(std::string_view text) {
  static_assert(has_codec<T>, "leat: this type has no codec");
  if constexpr (must_have_default_constructor<T>()) {
    T value{};
    std::istringstream from{std::string(text)};
    try {
      Archive archive(from);
      readable_archive<boost::serialization::access, Archive>(archive, std::max<std::size_t>(text.size(), 65536)) >>
          boost::serialization::make_nvp("value", value);
    } catch (boost::archive::archive_exception const& error) {
      refuse(concat({"Boost.Serialization says: ", error.what()}));
    }
    return value;
  }
}

}  // namespace detail

/// The value as an archive of Boost's in text: short, in the order of the fields.
template <class T>
std::string to_text_archive(T const& value) {
  return detail::readable_text<boost::archive::text_oarchive>(value);
}
/// Reads back what `to_text_archive` made. Throws codec_error for any other text.
template <class T>
T from_text_archive(std::string_view text) {
  return detail::from_readable_text<T, boost::archive::text_iarchive>(text);
}

/// The value as an archive of Boost's in XML. A field is named by BOOST_SERIALIZATION_NVP or make_nvp, else it is a
/// `value`. Strings are written as they are: one with control characters, or in another encoding than UTF-8, can be
/// read back by leat, but other readers of XML refuse it.
template <class T>
std::string to_xml_archive(T const& value) {
  return detail::readable_text<boost::archive::xml_oarchive>(value);
}
/// Reads back what `to_xml_archive` made. Throws codec_error for any other XML.
template <class T>
T from_xml_archive(std::string_view xml) {
  return detail::from_readable_text<T, boost::archive::xml_iarchive>(xml);
}

}  // namespace leat
