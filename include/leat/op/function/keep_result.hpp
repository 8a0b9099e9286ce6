// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// Puts a function's result where the argument stood that the function was given as an rvalue. A result that is a
/// reference may be that argument itself, which a move to itself would empty, or a part of it, which an assignment
/// would destroy before it is read.
template <class T, class Result>
[[gnu::always_inline]] inline void keep_result(T& held, Result&& result) {
  using given = std::remove_reference_t<Result>;
  if constexpr (std::is_same_v<std::remove_cv_t<given>, T>)
    if (std::addressof(result) == std::addressof(held)) return;
  T apart(std::forward<Result>(result));
  held = std::move(apart);
}

/// `held = f(std::move(held), more...)`, for an `f` that returns a value or a reference.
template <class T, class F, class... More>
[[gnu::always_inline]] inline void replace_by_result(T& held, F& f, More&&... more) {
  if constexpr (std::is_reference_v<decltype(f(std::move(held), std::forward<More>(more)...))>)
    keep_result(held, f(std::move(held), std::forward<More>(more)...));
  else
    held = f(std::move(held), std::forward<More>(more)...);
}

}  // namespace leat::detail
