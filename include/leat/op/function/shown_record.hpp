// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/shown_text.hpp>
#include <leat/op/function/signature.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/record.hpp>
#include <leat/text.hpp>

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

/// The record in an error: which of a million a function threw at.
namespace leat::detail {

/// What an error says of the record at this address.
template <class T>
[[gnu::cold, gnu::noinline]] void show(std::string& to, void const* record) {
  std::string text;
  append_text(text, *static_cast<T const*>(record));
  append_shown(to, text);
}

template <class K>
[[gnu::cold, gnu::noinline]] void show_key(std::string& to, void const* key) {
  to += "key ";
  show<K>(to, key);
}

/// Whether a function with this first parameter leaves the record as it was when it throws.
template <class T, class Parameter>
inline constexpr bool leaves_record =
    (std::is_lvalue_reference_v<Parameter> && std::is_const_v<std::remove_reference_t<Parameter>>) ||
    (std::is_trivially_copyable_v<T> && !std::is_reference_v<Parameter>);
template <class T, class Signature>
inline constexpr bool leaves_record_by = false;
template <class T, class R, class First, class... Rest>
inline constexpr bool leaves_record_by<T, signature<R, First, Rest...>> = leaves_record<T, First>;
/// The types are not spelled out, so the function can only be trusted with what is copied anyway.
template <class T>
inline constexpr bool leaves_record_by<T, void> = std::is_trivially_copyable_v<T>;

/// Whether an error can show the record that the function of this fused step threw at.
template <class Op, class T>
constexpr bool can_show() {
  if constexpr (!printable<T>)
    return false;
  else if constexpr (requires { &Op::f; })
    return leaves_record_by<T, typename signature_of<std::remove_cvref_t<decltype(Op::f)>>::type>;
  else
    return false;
}

/// Calls `f`, which works on the record; an exception that leaves it becomes a run_error of the step that shows the
/// record.
template <class Op, class T, class F>
[[gnu::always_inline]] inline decltype(auto) guarded_at(step_context const& step, T const& record, F&& f) {
  if constexpr (!can_show<Op, T>())
    return guarded(step, std::forward<F>(f));
  else {
    try {
      return std::forward<F>(f)();
    } catch (...) {
      if constexpr (std::is_trivially_copyable_v<T>) {
        T const copy(record);  // so that a record in registers can stay there
        step.fail(&show<T>, &copy);
      } else {
        step.fail(&show<T>, &record);
      }
    }
  }
}

/// Calls `f`, which works on the state of this key; an exception that leaves it becomes a run_error of the step that
/// shows the key.
template <class K, class F>
[[gnu::always_inline]] inline void guarded_for(step_context const& step, K const& key, F&& f) {
  if constexpr (!printable<K>) {
    f();
  } else {
    try {
      f();
    } catch (...) {
      step.fail(&show_key<K>, &key);
    }
  }
}

}  // namespace leat::detail
