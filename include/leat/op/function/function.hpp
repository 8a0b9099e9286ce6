// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/fwd.hpp>
#include <leat/op/function/member_function.hpp>
#include <leat/op/function/memory.hpp>
#include <leat/op/function/name_comes_first.hpp>
#include <leat/op/function/narrows.hpp>
#include <leat/op/function/owned_record.hpp>
#include <leat/op/function/signature.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// What the operators ask of the functions they are given.
namespace leat::detail {

/// After a refusal, or a sink, there is no record to ask about: a generic lambda may not even be tried.
template <class T>
concept not_there = std::is_same_v<T, poison> || std::is_same_v<T, finished>;

/// Whether `f` takes the record, given away as an rvalue.
template <class F, class T>
concept takes = not_there<T> || requires(F& f, T&& record) { f(std::move(record)); };

template <class F, class T>
using result_of = decltype(std::declval<F&>()(std::declval<T&&>()));

/// Whether `f` takes the record to read it.
template <class F, class T>
concept reads = not_there<T> || requires(F& f, T const& record) { f(record); };

template <class F, class T>
using result_of_reading = decltype(std::declval<F&>()(std::declval<T const&>()));

/// A function whose parameters are spelled out: it can be asked what it takes. To ask a generic lambda is to compile
/// its body, which may not fit.
template <class F>
inline constexpr bool spelled_out = is_member_function<F> || !std::is_void_v<typename signature_of<F>::type>;

/// Whether `f`, made for records of T, can be given an X as it comes: a record that is shared, or a view of one.
template <class F, class T, class X>
constexpr bool takes_as_it_comes() {
  if constexpr (std::is_same_v<X, T>)
    return true;
  else if constexpr (spelled_out<F>)
    return requires(F& f, X&& record) { f(std::forward<X>(record)); };
  else
    return false;
}
template <class F, class T, class X>
constexpr bool reads_as_it_comes() {
  if constexpr (std::is_same_v<std::remove_cvref_t<X>, T>)
    return true;
  else if constexpr (spelled_out<F>)
    return requires(F& f, X const& record) { f(record); };
  else
    return false;
}

/// Whether a record of U is made of an X without a cast that may lose something: what a function returns, or emits,
/// where the record type is given.
template <class U, class X>
concept becomes =
    std::is_same_v<std::remove_cvref_t<X>, U> ||
    (std::is_same_v<U, std::string> && std::is_convertible_v<X, std::string_view>) ||
    (std::is_convertible_v<X, U> && !narrows<U, std::remove_cvref_t<X>>) ||
    (std::is_constructible_v<U, X> && !std::is_arithmetic_v<U> && !std::is_arithmetic_v<std::remove_cvref_t<X>>);

}  // namespace leat::detail
