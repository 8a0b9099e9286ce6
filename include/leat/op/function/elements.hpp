// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>

#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Several records out of one: from a range, or through `emit(record)`.
namespace leat::detail {

template <class R>
concept range_of_elements = requires(std::remove_reference_t<R>& range) {
  std::begin(range) != std::end(range);
  *std::begin(range);
};

template <class R>
using element_reference = decltype(*std::begin(std::declval<std::remove_reference_t<R>&>()));

template <class R>
struct range_element {
  using type = std::remove_cvref_t<element_reference<R>>;
};
template <class R>
  requires(!std::is_reference_v<element_reference<R>>)
struct range_element<R> {
  using type = std::iter_value_t<decltype(std::begin(std::declval<std::remove_reference_t<R>&>()))>;
};
template <class R>
using element_of_range = typename range_element<R>::type;

/// A range that is given away and owns its elements, as a container does and a span does not: its const form shows
/// them as const.
template <class R>
inline constexpr bool gives_its_elements = false;
template <class R>
  requires(!std::is_reference_v<R> && !std::is_const_v<R> && range_of_elements<R const>)
inline constexpr bool gives_its_elements<R> = std::is_same_v<element_reference<R>, element_of_range<R>&> &&
                                              std::is_same_v<element_reference<R const>, element_of_range<R> const&>;

/// Where records go that makes them itself of what they are made of, and remembers it when that throws: a function of
/// the user's that calls may be about to catch it.
template <class Next, class Record, class... Parts>
concept makes_records =
    requires(Next& next, Parts&&... parts) { next.template make<Record>(std::forward<Parts>(parts)...); };

/// Whether the elements of a range become records of U. Says a sentence where they do not.
template <class Range, class U>
consteval bool elements_become() {
  constexpr bool elements_become_the_record_that_is_given = becomes<U, element_of_range<Range>>;
  static_assert(
      elements_become_the_record_that_is_given,
      "leat: the elements of the range that f returns cannot be made records of the type given in <...> without "
      "a cast that may lose something");
  return elements_become_the_record_that_is_given;
}

/// Stands for `emit` while a function is only asked whether it fits, and where it does not fit after all: a lambda that
/// spells out its result is not looked into before.
template <class U>
struct emit_for_asking {
  template <class X>
  void operator()(X&&) const {
    constexpr bool what_f_emits_can_become_the_record = std::is_void_v<U> || becomes<U, X>;
    static_assert(what_f_emits_can_become_the_record,
                  "leat: f emits something that cannot be made a record of the type given in <...> without a cast that "
                  "may lose something");
  }
};

/// What a function of the user's is given as `emit`, and where elements go: records of U, for the next step of the
/// loop.
template <class U, class Next>
class emit_to {
 public:
  explicit emit_to(Next& next) : next_(&next) {}

  template <class X>
  [[gnu::always_inline]] void operator()(X&& record) const {
    if constexpr (std::is_same_v<X, U>)
      (*next_)(std::forward<X>(record));
    else if constexpr (std::is_same_v<std::remove_cvref_t<X>, U>)
      (*next_)(std::as_const(record));
    else if constexpr (std::is_same_v<U, std::string> && std::is_convertible_v<X, std::string_view>)
      (*next_)(std::string_view(record));
    else if constexpr (!becomes<U, X>)
      emit_for_asking<U>()(std::forward<X>(record));
    else if constexpr (makes_records<Next, U, X>)
      (*next_)(next_->template make<U>(std::forward<X>(record)));
    else
      (*next_)(std::forward<X>(record));
  }

 private:
  Next* next_;
};

/// Whether `f` is the form that is given `emit` besides what it works on.
template <class F, class T, class U>
constexpr bool takes_and_emits() {
  if constexpr (takes<F, T>)
    return false;
  else
    return requires(F& f, T&& record, emit_for_asking<U>& emit_record) { f(std::move(record), emit_record); };
}

template <class R, class Emit>
[[gnu::always_inline]] inline void emit_elements(std::remove_reference_t<R>& range, Emit const& emit_record) {
  for (auto&& element : range) {
    if constexpr (gives_its_elements<R>)
      emit_record(std::move(element));
    else if constexpr (std::is_reference_v<element_reference<R>>)
      emit_record(std::as_const(element));
    else
      emit_record(element_of_range<R>(std::forward<decltype(element)>(element)));
  }
}

}  // namespace leat::detail
