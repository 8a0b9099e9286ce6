// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/function/stream_like.hpp>
#include <leat/state/join_rows.hpp>
#include <leat/time/key_stage.hpp>
#include <leat/time/sides.hpp>
#include <leat/time/window_step.hpp>
#include <leat/time/windowed.hpp>

#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace leat {
namespace detail {

/// The values of each side in one window, and the rows that they make.
template <class... Vs>
class joined_content {
 public:
  using value = std::variant<Vs...>;
  using kept = join_sides_kept<Vs...>;
  using saved = kept;
  using result = std::tuple<std::optional<Vs>...>;
  static constexpr bool merges = false;

  joined_content(join_insert insertion, join_emit emission) : insertion_(insertion), emission_(emission) {}

  template <class Say>
  kept begin(value&& first, Say& say) const {
    kept values;
    add(values, std::move(first), say);
    return values;
  }
  template <class Say>
  void add(kept& values, value&& next, Say& say) const {
    add_to<0>(values, std::move(next));
    if (emission_ == join_emit::running || (begins_anew() && values.complete())) {
      say_rows(values, say);
      if (begins_anew()) values = {};
    }
  }
  template <class Say>
  void close(kept&& values, Say& say) const {
    bool const has_any = std::apply([](auto const&... side) { return (!side.empty() || ...); }, values.values);
    if (emission_ == join_emit::final || (emission_ == join_emit::complete_and_rest && has_any)) say_rows(values, say);
  }
  kept const& save(kept const& values) const { return values; }
  kept load(kept&& from) const { return std::move(from); }

 private:
  bool begins_anew() const { return emission_ == join_emit::complete || emission_ == join_emit::complete_and_rest; }
  template <std::size_t Side>
  void add_to(kept& values, value&& next) const {
    if (next.index() == Side)
      values.template add<Side>(std::get<Side>(std::move(next)), insertion_);
    else if constexpr (Side + 1 != sizeof...(Vs))
      add_to<Side + 1>(values, std::move(next));
  }
  template <class Say>
  static void say_rows(kept const& values, Say& say) {
    values.rows([&](result const& row) { say(row); });
  }

  join_insert insertion_;
  join_emit emission_;
};

/// Of one time: those of a side that stands further left go first.
struct left_side_first {
  template <class V>
  bool operator()(V const& a, V const& b) const {
    return a.index() < b.index();
  }
};

/// The windows of a join.
template <class Windows>
struct windows_of_sides : Windows {
  using order_of_sides = left_side_first;
  explicit windows_of_sides(Windows&& windows) : Windows(std::move(windows)) {}
};

template <class Clock, class Windower, class First, class... Others>
auto join_in_windows(step_name const& name, Clock clock, Windower windower, join_insert insertion, join_emit emission,
                     First&& first, Others&&... others) {
  constexpr bool at_least_two_sides = sizeof...(Others) > 0;
  static_assert(at_least_two_sides,
                "leat: join_window(name, clock, windower, sides...): a join needs two sides or more");
  if constexpr (!at_least_two_sides || !(can_meet_state<First>() && ... && can_meet_state<Others>()))
    return refused_windows{};
  else {
    constexpr bool sides_have_the_same_key = sides_have_one_key<First, Others...>;
    static_assert(sides_have_the_same_key,
                  "leat: join_window(name, clock, windower, sides...): all sides must have the same type of key: map "
                  "the keys of the others to it");
    using V = value_of_sides<First, Others...>;
    if constexpr (!sides_have_the_same_key ||
                  !clock_and_windower_fit<true, Clock, Windower, V, value_of_side<First>, value_of_side<Others>...>())
      return refused_windows{};
    else {
      using content = joined_content<value_of_side<First>, value_of_side<Others>...>;
      if constexpr (!content_can_be_kept<content, true>())
        return refused_windows{};
      else {
        refuse_windows("join_window", name, refusal_of(clock), refusal_of(windower));
        using K = key_of_pair<record_of<First>>;
        using W = typename content::result;
        graph& in = stream_access::graph_of(first);
        refuse_two_flows("join_window", name, {&in, &stream_access::graph_of(others)...});
        std::string options = parameters_of(windower);
        auto windows = windows_of(std::move(windower), content(insertion, emission));
        using sided = windows_of_sides<decltype(windows)>;
        auto const at = append_join<window_outputs<K, W, V>, true>(
            in, "join_window", name, std::move(clock), sided(std::move(windows)), std::move(options),
            std::forward<First>(first), std::forward<Others>(others)...);
        return windowed<K, W, V>{stream_access::make<std::pair<K, in_window<W>>>(in, {at, 0}),
                                 stream_access::make<std::pair<K, late<V>>>(in, {at, 1}),
                                 stream_access::make<std::pair<K, window_info>>(in, {at, 2})};
      }
    }
  }
}

}  // namespace detail

/// Joins keyed streams by key and window, two or more: rows are tuples of optionals, one per side. `join_insert` says
/// which values of a side a window keeps, `join_emit` when its rows are passed on, in either order; by default the last
/// value of each side, once the window closes. With `complete` a window begins anew behind its rows, and what has no
/// match when it closes is dropped; with `complete_and_rest` it comes then. `ts` takes values of all sides.
/// A value is late by the clock of its own side; a window closes when the clocks of all sides have reached its end.
/// Values of a key go in the order of their times, those of one time in the order of the sides. A struct of three
/// streams is returned, `windowed`; a late value is a `std::variant` of the sides' values.
template <class Clock, class Windower, detail::stream_like... Sides>
auto join_window(step_name name, Clock clock, Windower windower, join_insert insertion, join_emit emission,
                 Sides&&... sides) {
  return detail::join_in_windows(name, std::move(clock), std::move(windower), insertion, emission,
                                 detail::stream_in(std::forward<Sides>(sides))...);
}
template <class Clock, class Windower, detail::stream_like... Sides>
auto join_window(step_name name, Clock clock, Windower windower, join_emit emission, join_insert insertion,
                 Sides&&... sides) {
  return detail::join_in_windows(name, std::move(clock), std::move(windower), insertion, emission,
                                 detail::stream_in(std::forward<Sides>(sides))...);
}
template <class Clock, class Windower, detail::stream_like... Sides>
auto join_window(step_name name, Clock clock, Windower windower, join_emit emission, Sides&&... sides) {
  return detail::join_in_windows(name, std::move(clock), std::move(windower), join_insert::last, emission,
                                 detail::stream_in(std::forward<Sides>(sides))...);
}
template <class Clock, class Windower, detail::stream_like... Sides>
auto join_window(step_name name, Clock clock, Windower windower, join_insert insertion, Sides&&... sides) {
  return detail::join_in_windows(name, std::move(clock), std::move(windower), insertion, join_emit::final,
                                 detail::stream_in(std::forward<Sides>(sides))...);
}
template <class Clock, class Windower, detail::stream_like... Sides>
auto join_window(step_name name, Clock clock, Windower windower, Sides&&... sides) {
  return detail::join_in_windows(name, std::move(clock), std::move(windower), join_insert::last, join_emit::final,
                                 detail::stream_in(std::forward<Sides>(sides))...);
}
template <class First, class... More>
  requires(!std::is_convertible_v<First, step_name>)
detail::refused_windows join_window(First const&, More const&...) {
  constexpr bool join_window_has_a_name = std::is_void_v<First>;
  static_assert(join_window_has_a_name,
                "leat: join_window(name, clock, windower, sides...): a join needs a name, as its first argument: its "
                "state is found by it after a restart");
  return {};
}

}  // namespace leat
