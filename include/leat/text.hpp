// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <ratio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

/// How a record is written for people: by `to::out`, `to::lines`, `inspect`. A type of your own says how with a
/// function beside it, `std::string to_text(my_type const&)`, or with the operator<< of an output stream.
namespace leat {
namespace detail {

/// `char`, which is known once the record is: a stream need be complete only there.
template <class T>
using char_beside = std::conditional_t<(sizeof(T*) > 0), char, void>;

/// Lets an operator<< of the user's write into a string. Nothing here includes `<ostream>`: what is used of it is
/// complete wherever such an operator is.
template <class Char>
class appending_buffer final : public std::basic_streambuf<Char> {
 public:
  explicit appending_buffer(std::basic_string<Char>& to) : to_(to) {}

 protected:
  typename std::basic_streambuf<Char>::int_type overflow(typename std::basic_streambuf<Char>::int_type c) override {
    to_.push_back(static_cast<Char>(c));
    return c;
  }
  std::streamsize xsputn(Char const* from, std::streamsize count) override {
    to_.append(from, static_cast<std::size_t>(count));
    return count;
  }

 private:
  std::basic_string<Char>& to_;
};

[[noreturn, gnu::cold]] inline void refuse_failed_stream() {
  throw std::runtime_error("the operator<< of a record has set its stream to failed");
}

template <class T>
concept has_to_text = requires(T const& value) {
  { to_text(value) } -> std::convertible_to<std::string_view>;
};
template <class T>
concept has_stream_operator = !std::is_pointer_v<T> && requires(std::ostream& to, T const& value) { to << value; };
template <class T>
concept text_like = std::convertible_to<T const&, std::string_view>;
template <class T>
concept number_like = std::is_arithmetic_v<T> || std::is_same_v<T, std::byte>;
template <class T>
concept range_like = requires(T const& value) {
  value.begin();
  value.end();
  requires !std::is_same_v<std::remove_cvref_t<decltype(*value.begin())>, T>;
};

/// How the library itself writes a type from the standard; the primary template is for all others.
template <class T>
struct text_form {
  static constexpr bool exists = false;
};

template <class T>
constexpr bool is_printable() {
  if constexpr (has_to_text<T> || text_like<T> || number_like<T> || text_form<T>::exists || has_stream_operator<T>)
    return true;
  else if constexpr (range_like<T>)
    return is_printable<std::remove_cvref_t<decltype(*std::declval<T const&>().begin())>>();
  else
    return false;
}

/// `std::to_chars` knows no character types.
template <class T>
constexpr auto widened(T value) {
  if constexpr (std::is_floating_point_v<T>)
    return value;
  else if constexpr (std::is_signed_v<T>)
    return static_cast<long long>(value);
  else
    return static_cast<unsigned long long>(value);
}

template <class T>
void append_number(std::string& to, T value) {
  if constexpr (std::is_same_v<T, bool>)
    to += value ? "true" : "false";
  else if constexpr (std::is_same_v<T, char>)
    to += value;
  else if constexpr (std::is_same_v<T, std::byte>)
    append_number(to, std::to_integer<unsigned>(value));
  else {
    std::array<char, 64> digits;
    to.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), widened(value)).ptr);
  }
}

}  // namespace detail

/// A type that `text` can write.
template <class T>
concept printable = detail::is_printable<std::remove_cvref_t<T>>();

/// Appends what a person should read. Floating-point numbers in the fewest digits that give the same number back; pairs
/// and tuples as `(a, b)`, ranges as `[a, b]`, an empty optional as `none`, a variant as what it holds, durations with
/// their unit, times of the system clock in UTC as `2022-02-24T11:42:08Z`.
template <printable T>
void append_text(std::string& to, T const& value) {
  if constexpr (detail::has_to_text<T>)
    to += std::string_view(to_text(value));
  else if constexpr (detail::text_like<T>)
    to += std::string_view(value);
  else if constexpr (detail::number_like<T>)
    detail::append_number(to, value);
  else if constexpr (detail::text_form<T>::exists)
    detail::text_form<T>::append(to, value);
  else if constexpr (detail::has_stream_operator<T>) {
    detail::appending_buffer<detail::char_beside<T>> buffer(to);
    std::basic_ostream<detail::char_beside<T>> stream(&buffer);
    stream << value;
    if (!stream) detail::refuse_failed_stream();
  } else {
    to += '[';
    bool first = true;
    for (auto const& entry : value) {
      if (!std::exchange(first, false)) to += ", ";
      append_text(to, static_cast<std::remove_cvref_t<decltype(*value.begin())> const&>(entry));
    }
    to += ']';
  }
}

/// A value as text: as sinks, messages and `inspect` write it. Numbers come in the shortest form that reads back the
/// same.
template <printable T>
std::string text(T const& value) {
  std::string result;
  append_text(result, value);
  return result;
}

namespace detail {

template <class... Ts>
void append_tuple(std::string& to, Ts const&... values) {
  to += '(';
  [[maybe_unused]] bool first = true;
  ((to += std::exchange(first, false) ? "" : ", ", append_text(to, values)), ...);
  to += ')';
}

template <class A, class B>
struct text_form<std::pair<A, B>> {
  static constexpr bool exists = is_printable<std::remove_cvref_t<A>>() && is_printable<std::remove_cvref_t<B>>();
  static void append(std::string& to, std::pair<A, B> const& value) { append_tuple(to, value.first, value.second); }
};

template <class... Ts>
struct text_form<std::tuple<Ts...>> {
  static constexpr bool exists = (is_printable<std::remove_cvref_t<Ts>>() && ...);
  static void append(std::string& to, std::tuple<Ts...> const& value) {
    std::apply([&to](auto const&... each) { append_tuple(to, each...); }, value);
  }
};

template <class T>
struct text_form<std::optional<T>> {
  static constexpr bool exists = is_printable<T>();
  static void append(std::string& to, std::optional<T> const& value) {
    if (value)
      append_text(to, *value);
    else
      to += "none";
  }
};

template <class... Ts>
struct text_form<std::variant<Ts...>> {
  static constexpr bool exists = (is_printable<Ts>() && ...);
  static void append(std::string& to, std::variant<Ts...> const& value) {
    std::visit([&to](auto const& held) { append_text(to, held); }, value);
  }
};

template <class Period>
constexpr std::string_view unit_of() {
  if constexpr (std::is_same_v<Period, std::nano>)
    return "ns";
  else if constexpr (std::is_same_v<Period, std::micro>)
    return "us";
  else if constexpr (std::is_same_v<Period, std::milli>)
    return "ms";
  else if constexpr (std::is_same_v<Period, std::ratio<1>>)
    return "s";
  else if constexpr (std::is_same_v<Period, std::ratio<60>>)
    return "min";
  else if constexpr (std::is_same_v<Period, std::ratio<3600>>)
    return "h";
  else if constexpr (std::is_same_v<Period, std::ratio<86400>>)
    return "d";
  else
    return {};
}

template <class Count, class Period>
struct text_form<std::chrono::duration<Count, Period>> {
  static constexpr bool exists = std::is_arithmetic_v<Count>;
  static void append(std::string& to, std::chrono::duration<Count, Period> const& value) {
    if constexpr (unit_of<Period>().empty())
      append(to, std::chrono::duration<double>(value));
    else {
      append_number(to, value.count());
      to += unit_of<Period>();
    }
  }
  static void append(std::string& to, std::chrono::duration<double> value)
    requires(unit_of<Period>().empty())
  {
    append_number(to, value.count());
    to += 's';
  }
};

/// At least `width` digits.
void append_padded(std::string& to, long long value, std::size_t width);

/// `2022-02-24T11:42:08Z`, with a fraction of the second where there is one. The day is counted from 1970-01-01.
void append_time(std::string& to, std::chrono::days day, std::chrono::nanoseconds since_midnight);

template <class Duration>
struct text_form<std::chrono::time_point<std::chrono::system_clock, Duration>> {
  static constexpr bool exists = true;
  static void append(std::string& to, std::chrono::time_point<std::chrono::system_clock, Duration> const& value) {
    append_time(to, std::chrono::floor<std::chrono::days>(value.time_since_epoch()),
                std::chrono::floor<std::chrono::nanoseconds>(since_midnight(value.time_since_epoch())));
  }

 private:
  /// The first instant that nanoseconds can tell is in a day whose beginning they cannot tell.
  static auto since_midnight(Duration since_epoch) {
    if constexpr (std::chrono::treat_as_floating_point_v<typename Duration::rep>) {
      return since_epoch - std::chrono::floor<std::chrono::days>(since_epoch);
    } else {
      auto const rest = since_epoch % std::chrono::days(1);
      return rest < rest.zero() ? rest + std::chrono::days(1) : rest;
    }
  }
};

}  // namespace detail
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/text.ipp>
#endif
