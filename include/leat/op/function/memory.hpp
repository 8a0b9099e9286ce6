// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/function/signature.hpp>

#include <type_traits>
#include <utility>

namespace leat::detail {

/// Whether a function may keep something in itself from one call to the next, as a `mutable` lambda does: nobody but
/// itself knows that. A function whose parameters are not spelled out is asked with these arguments; without arguments
/// it is taken for one that keeps nothing. (What a function reaches by a pointer or a reference cannot be known.)
template <class F, class... Args>
consteval bool keeps_something() {
  if constexpr (!std::is_class_v<F> || std::is_empty_v<F>)
    return false;
  else if constexpr (!std::is_void_v<typename signature_of<F>::type>)
    return signature_of<F>::changes_itself;
  else if constexpr (sizeof...(Args) == 0)
    return false;
  else
    return !requires(F const& f) { f(std::declval<Args>()...); };
}

/// What a run that goes on from a store has of such a function.
template <class F, class... Args>
inline constexpr after_restart memory_of = keeps_something<F, Args...>() ? after_restart::anew : after_restart::goes_on;

}  // namespace leat::detail
