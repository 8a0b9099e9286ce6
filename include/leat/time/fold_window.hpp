// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>
#include <leat/op/function/memory.hpp>
#include <leat/op/function/owned_record.hpp>
#include <leat/time/session.hpp>
#include <leat/time/window_content.hpp>
#include <leat/time/window_step.hpp>

#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class Builder, class Folder, class Merger>
struct fold_functions {
  static constexpr after_restart memory = memory_of<Folder>;
  static constexpr bool merges = !std::is_same_v<Merger, no_merger>;
  fold_functions(Builder b, Folder f, Merger m) : builder(std::move(b)), folder(std::move(f)), merger(std::move(m)) {}
  Builder builder;
  Folder folder;
  Merger merger;
};

struct fold_windows {
  static constexpr char const* name = "fold_window";

  template <bool Silent>
  static consteval void say_what_it_takes() {
    constexpr bool fold_window_has_what_it_needs = Silent;
    static_assert(fold_window_has_what_it_needs,
                  "leat: fold_window(name, clock, windower, builder, folder): a merger and leat::unordered may follow; "
                  "leat::counting(n) stands in the place of clock and windower");
  }

  template <class Functions, class V, class Windower, bool Ordered>
  static consteval bool accepts() {
    return accepts_functions<V, Windower, Ordered>(static_cast<Functions*>(nullptr));
  }
  template <class V, class Windower, bool Ordered, class Builder, class Folder, class Merger>
  static consteval bool accepts_functions(fold_functions<Builder, Folder, Merger>*) {
    constexpr bool builder_takes_nothing = requires(Builder& b) { b(); };
    static_assert(builder_takes_nothing,
                  "leat: fold_window(name, clock, windower, builder, folder): builder() must return the first "
                  "accumulator of a window");
    if constexpr (!builder_takes_nothing)
      return false;
    else {
      using A = record_made_of<decltype(std::declval<Builder&>()())>;
      constexpr bool folder_folds = edits_first<Folder, A, V> || returns_first<Folder, A, V>;
      static_assert(folder_folds,
                    "leat: fold_window(name, clock, windower, builder, folder): folder(accumulator, value) must return "
                    "the new accumulator, or take it by reference and return nothing");
      constexpr bool has_merger = !std::is_same_v<Merger, no_merger>;
      constexpr bool merger_merges = !has_merger || edits_first<Merger, A, A> || returns_first<Merger, A, A>;
      static_assert(merger_merges,
                    "leat: fold_window(name, clock, windower, builder, folder, merger): merger(earlier, later) must "
                    "return the accumulator of both, or take the earlier one by reference and return nothing");
      constexpr bool sessions_can_be_merged = has_merger || Ordered || !std::is_same_v<Windower, leat::session>;
      static_assert(sessions_can_be_merged,
                    "leat: fold_window(name, clock, session(gap), builder, folder, leat::unordered): a late value may "
                    "make one session of two, so a merger(earlier, later) is needed behind the folder");
      return folder_folds && merger_merges && sessions_can_be_merged;
    }
  }

  template <class V, class Builder, class Folder, class Merger>
  static auto content(fold_functions<Builder, Folder, Merger> functions) {
    using A = record_made_of<decltype(std::declval<Builder&>()())>;
    return folded_content<A, V, Builder, Folder, Merger>(std::move(functions.builder), std::move(functions.folder),
                                                         std::move(functions.merger));
  }
};

template <class Clock, class Windower, class Builder, class Folder, class... Rest>
auto fold_window_step(step_name name, Clock clock, Windower windower, Builder builder, Folder folder, Rest... options) {
  using functions = fold_functions<Builder, function_of<Folder>, no_merger>;
  return window_step_with<fold_windows, !std::is_same_v<Windower, counting>>(
      std::move(name), std::move(clock), std::move(windower),
      functions(std::move(builder), std::move(folder), no_merger()), options...);
}
template <class Clock, class Windower, class Builder, class Folder, class Merger, class... Rest>
  requires(!window_or_early_option<Merger>)
auto fold_window_step(step_name name, Clock clock, Windower windower, Builder builder, Folder folder, Merger merger,
                      Rest... options) {
  using functions = fold_functions<Builder, function_of<Folder>, function_of<Merger>>;
  return window_step_with<fold_windows, !std::is_same_v<Windower, counting>>(
      std::move(name), std::move(clock), std::move(windower),
      functions(std::move(builder), std::move(folder), std::move(merger)), options...);
}

}  // namespace detail

/// Makes an accumulator of the values of each window of each key: `builder()` is called for a window's first value,
/// then `folder(accumulator, value)` for each value; it returns the new accumulator, or takes it by reference and
/// returns nothing. `merger(earlier, later)`, the same for two accumulators, may follow: sessions that are unordered
/// need it. Then options: `leat::unordered` applies values as they come and not in the order of their times. A struct
/// of three streams is returned, `windowed`: `down` has each window's accumulator when the window closes, as
/// `in_window`. `counting(n)` may stand in the place of clock and windower. All functions are called on the thread of
/// the worker that owns the key.
template <class Clock, class Windower, class Builder, class Folder, class... Rest>
  requires(!detail::is_counting<Clock>)
auto fold_window(step_name name, Clock clock, Windower windower, Builder builder, Folder folder, Rest... rest) {
  return detail::fold_window_step(std::move(name), std::move(clock), std::move(windower), std::move(builder),
                                  std::move(folder), std::move(rest)...);
}
template <class Builder, class Folder, class... Rest>
auto fold_window(step_name name, counting windower, Builder builder, Folder folder, Rest... rest) {
  return detail::fold_window_step(std::move(name), detail::no_clock(), windower, std::move(builder), std::move(folder),
                                  std::move(rest)...);
}
template <class First, class... More>
  requires(!std::is_convertible_v<First, step_name>)
detail::nameless_window_step fold_window(First const&, More const&...) {
  return {};
}
template <detail::names_a_step Name, class... Given>
  requires(!detail::has_enough<4, Given...>)
detail::incomplete_window_step<detail::fold_windows> fold_window(Name const&, Given const&...) {
  return {};
}

}  // namespace leat
