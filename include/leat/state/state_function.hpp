// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/signature.hpp>

#include <optional>
#include <type_traits>
#include <utility>

/// How a function of the user's says what state it keeps: by its first parameter, `std::optional<State>&` to edit in
/// place, or `std::optional<State>` to take and return.
namespace leat::detail {

template <class Parameter>
struct state_in {
  using type = void;
};
template <class S>
struct state_in<std::optional<S>> {
  using type = S;
};

/// The state that `F` keeps: `Given` if the user named it, else what F's first parameter says; void when neither does.
template <class Given, class F>
using state_type =
    std::conditional_t<!std::is_void_v<Given>, Given, typename state_in<std::remove_cvref_t<first_parameter<F>>>::type>;

template <class T>
inline constexpr bool is_state_and_result = false;
template <class S, class W>
inline constexpr bool is_state_and_result<std::pair<std::optional<S>, W>> = true;

template <class F, class S, class V>
concept takes_state_by_value =
    requires(F& f, std::optional<S>&& state, V&& value) { f(std::move(state), std::move(value)); };

/// `f(std::optional<S>, value) -> pair<optional<S>, result>`.
template <class F, class S, class V>
inline constexpr bool returns_state = [] {
  if constexpr (takes_state_by_value<F, S, V>)
    return is_state_and_result<
        std::remove_cvref_t<decltype(std::declval<F&>()(std::declval<std::optional<S>&&>(), std::declval<V&&>()))>>;
  else
    return false;
}();

/// What is done to a copy, or to what is const, would be lost without a word. Void: a generic lambda does not tell.
template <class Parameter>
inline constexpr bool may_edit = std::is_void_v<Parameter> || (std::is_lvalue_reference_v<Parameter> &&
                                                               !std::is_const_v<std::remove_reference_t<Parameter>>);

/// `f(std::optional<S>&, value) -> result`.
template <class F, class S, class V>
inline constexpr bool edits_state = !returns_state<F, S, V> && may_edit<first_parameter<F>> &&
                                    requires(F& f, std::optional<S>& state, V&& value) { f(state, std::move(value)); };

template <class F, class S, class V>
auto result_with_state_of() {
  if constexpr (returns_state<F, S, V>)
    return std::type_identity<typename std::remove_cvref_t<decltype(std::declval<F&>()(
        std::declval<std::optional<S>&&>(), std::declval<V&&>()))>::second_type>{};
  else
    return std::type_identity<
        std::remove_cvref_t<decltype(std::declval<F&>()(std::declval<std::optional<S>&>(), std::declval<V&&>()))>>{};
}
template <class F, class S, class V>
using result_with_state = typename decltype(result_with_state_of<F, S, V>())::type;

}  // namespace leat::detail
