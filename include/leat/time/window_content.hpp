// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/keep_result.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

/// What the values of one window are made into.
namespace leat::detail {

/// `Say` is called with a result, for the window that is meant.
///  - `kept` is what a window has of its values; `begin(value, say)` makes it of the first one;
///  - `add(kept&, value, say)` adds another;
///  - `close(kept&&, say)` gives the result, or the results;
///  - all of them may give results early, `say(result)`; `say.retract(result)` takes back what was given last, and
///    `say.told()` says that an end has had this value in its results;
///  - `merge(kept& earlier, kept&& later, say)` where `merges` is true: two windows are one from now on;
///  - `saved`, which has a codec, is what a snapshot has of it: `save(kept const&)` gives it, `load(saved&&)` makes a
///    `kept` of it.
template <class C, class Say>
concept window_content = requires(C& content, C const& unchanged, typename C::value&& value, typename C::kept& kept,
                                  typename C::saved& from, Say& say) {
  { content.begin(std::move(value), say) } -> std::same_as<typename C::kept>;
  content.add(kept, std::move(value), say);
  content.close(std::move(kept), say);
  { unchanged.save(std::as_const(kept)) } -> std::convertible_to<typename C::saved>;
  { content.load(std::move(from)) } -> std::same_as<typename C::kept>;
  { C::merges } -> std::convertible_to<bool>;
};

/// In place of a function that merges.
struct no_merger {};

/// What is saved is what is kept.
template <class A>
struct keeps_itself {
  using kept = A;
  using saved = A;
  using result = A;
  A const& save(A const& kept_value) const { return kept_value; }
  A load(A&& from) const { return std::move(from); }
  template <class Say>
  void close(A&& kept_value, Say& say) const {
    say(std::move(kept_value));
  }
};

/// Whether the function takes an accumulator by reference and something to put into it, and returns nothing.
template <class F, class A, class X>
concept edits_first = requires(F& f, A& into, X&& given) {
  { f(into, std::move(given)) } -> std::same_as<void>;
};
/// Or returns what the accumulator is to be.
template <class F, class A, class X>
concept returns_first = requires(F& f, A&& into, X&& given, A& home) { home = f(std::move(into), std::move(given)); };

template <class F, class A, class X>
[[gnu::always_inline]] inline void fold_into(F& f, A& accumulator, X&& given) {
  if constexpr (edits_first<F, A, X>)
    f(accumulator, std::move(given));
  else
    replace_by_result(accumulator, f, std::move(given));
}

/// An accumulator that a builder makes and a folder adds to.
template <class A, class V, class Builder, class Folder, class Merger>
struct folded_content : keeps_itself<A> {
  using value = V;
  static constexpr bool merges = !std::is_same_v<Merger, no_merger>;

  folded_content(Builder b, Folder f, Merger m) : builder(std::move(b)), folder(std::move(f)), merger(std::move(m)) {}

  template <class Say>
  A begin(V&& first, Say&) {
    A accumulator(builder());
    fold_into(folder, accumulator, std::move(first));
    return accumulator;
  }
  template <class Say>
  void add(A& accumulator, V&& next, Say&) {
    fold_into(folder, accumulator, std::move(next));
  }
  template <class Say>
  void merge(A& earlier, A&& later, Say&) {
    fold_into(merger, earlier, std::move(later));
  }

  Builder builder;
  Folder folder;
  Merger merger;
};

/// The first value, and then what a reducer makes of it and the next one.
template <class V, class Reducer>
struct reduced_content : keeps_itself<V> {
  using value = V;
  static constexpr bool merges = true;

  explicit reduced_content(Reducer r) : reducer(std::move(r)) {}

  template <class Say>
  V begin(V&& first, Say&) {
    return std::move(first);
  }
  template <class Say>
  void add(V& so_far, V&& next, Say&) {
    replace_by_result(so_far, reducer, std::move(next));
  }
  template <class Say>
  void merge(V& earlier, V&& later, Say&) {
    replace_by_result(earlier, reducer, std::move(later));
  }

  Reducer reducer;
};

}  // namespace leat::detail
