// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/flow.hpp>
#include <leat/op/fused/kernel.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>
#include <leat/state/stateful_stage.hpp>
#include <leat/time/clock_of_sides.hpp>
#include <leat/time/key_stage.hpp>
#include <leat/time/window_machine.hpp>
#include <leat/time/window_step.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

/// What the joins by event time have in common: the sides travel as one stream of variants to the owners of the keys.
namespace leat::detail {

template <class S>
using value_of_side = value_of_pair<record_of<S>>;
template <class... Sides>
using value_of_sides = std::variant<value_of_side<Sides>...>;

/// A record of side `Side` among the records of all.
template <std::size_t Side, class K, class V>
struct into_side {
  template <class X>
  std::pair<K, V> operator()(X&& record) const {
    return std::pair<K, V>(std::forward<X>(record).first, V(std::in_place_index<Side>, std::forward<X>(record).second));
  }
};

template <std::size_t Side, class K, class V, class S>
port append_side(S&& up, step_name const& name) {
  using T = record_of<S>;
  using mark_side = into_side<Side, K, V>;
  return seal(
      append<std::pair<K, V>>(std::forward<S>(up), map_op<T, std::pair<K, V>, mark_side>(mark_side()),
                              step_info("map", step_name(concat({"side_", std::to_string(Side + 1)}), name.location))));
}

/// In the scope of the join: one stream of the values of all sides, in the order in which they stand.
template <class... Sides, std::size_t... Side>
auto merge_sides(std::index_sequence<Side...>, graph& in, step_name const& name, Sides&&... sides) {
  using first = std::tuple_element_t<0, std::tuple<Sides...>>;
  using K = key_of_pair<record_of<first>>;
  using V = value_of_sides<Sides...>;
  list<port> from;
  (from.push_back(append_side<Side, K, V>(std::forward<Sides>(sides), name)), ...);
  return merge_ports<std::pair<K, V>>(in, std::move(from), step_name("sides", name.location));
}

/// Adds the sides and the step behind them, which has `Outputs`. Returns its node.
template <class Outputs, bool Ordered, class Clock, class Content, class... Sides>
std::size_t append_join(graph& in, char const* kind, step_name const& name, Clock clock, Content content,
                        std::string options, Sides&&... sides) {
  std::string parameters = window_parameters_text(parameters_of(clock), options, Ordered);
  step_info box(kind, name);
  scope const inside(in, box);
  auto all = merge_sides(std::index_sequence_for<Sides...>(), in, name, std::forward<Sides>(sides)...);
  using clocks = clock_of_sides<Clock, value_of_side<Sides>...>;
  using machine = window_machine<clocks, Content, Ordered>;
  clocks clock_of_all(std::move(clock));
  return append_by_time<Outputs>(std::move(all), clock_of_all, machine(clock_of_all, std::move(content)),
                                 std::move(parameters), step_info(kind, step_name("join", name.location)), name);
}

template <class First, class... Others>
inline constexpr bool sides_have_one_key =
    (std::is_same_v<key_of_pair<record_of<First>>, key_of_pair<record_of<Others>>> && ...);

}  // namespace leat::detail
