// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/flow.hpp>
#include <leat/op/function/stream_like.hpp>
#include <leat/state/join_rows.hpp>
#include <leat/state/join_stage.hpp>

#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class... Sides>
using joined_row = std::tuple<std::optional<value_of_pair<record_of<Sides>>>...>;

template <class First, class... Others>
inline constexpr bool same_keys =
    (std::is_same_v<key_of_pair<record_of<First>>, key_of_pair<record_of<Others>>> && ...);

template <class First, class... Others>
auto join_sides(step_name const& name, join_insert insertion, join_emit emission, First&& first, Others&&... others) {
  constexpr bool at_least_two_sides = sizeof...(Others) > 0;
  static_assert(at_least_two_sides, "leat: join(name, sides...): a join needs two sides or more");
  if constexpr (!at_least_two_sides || !(can_meet_state<First>() && ... && can_meet_state<Others>()))
    return stream<poison>{};
  else {
    constexpr bool sides_have_the_same_key = same_keys<First, Others...>;
    static_assert(
        sides_have_the_same_key,
        "leat: join(name, sides...): all sides must have the same type of key: map the keys of the others to it");
    if constexpr (!sides_have_the_same_key)
      return stream<poison>{};
    else {
      using K = key_of_pair<record_of<First>>;
      using row = joined_row<First, Others...>;
      graph& in = stream_access::graph_of(first);
      refuse_two_flows("join", name, {&in, &stream_access::graph_of(others)...});
      step_info step("join", name);
      in.name_step(step);
      list<port> from;
      unsigned side = 0;
      auto route = [&](auto&& up) {
        step_info way = step;
        way.name += ".side_" + std::to_string(++side);
        from.push_back(exchange_by_key(std::forward<decltype(up)>(up), way));
      };
      route(std::forward<First>(first));
      (route(std::forward<Others>(others)), ...);
      using node_type = join_node<K, value_of_pair<record_of<First>>, value_of_pair<record_of<Others>>...>;
      return stream_access::make<std::pair<K, row>>(
          in, in.template add<node_type>(insertion, emission, std::move(step), std::move(from)));
    }
  }
}

}  // namespace detail

/// Joins keyed streams by key, two or more: rows are tuples of optionals, one per side. `join_insert` says which values
/// of a side are kept, `join_emit` when rows are passed on, in either order; by default the last value of each side,
/// once every side has one.
template <detail::stream_like... Sides>
auto join(step_name name, join_insert insertion, join_emit emission, Sides&&... sides) {
  return detail::join_sides(name, insertion, emission, detail::stream_in(std::forward<Sides>(sides))...);
}
template <detail::stream_like... Sides>
auto join(step_name name, join_emit emission, join_insert insertion, Sides&&... sides) {
  return detail::join_sides(name, insertion, emission, detail::stream_in(std::forward<Sides>(sides))...);
}
template <detail::stream_like... Sides>
auto join(step_name name, join_emit emission, Sides&&... sides) {
  return detail::join_sides(name, join_insert::last, emission, detail::stream_in(std::forward<Sides>(sides))...);
}
template <detail::stream_like... Sides>
auto join(step_name name, join_insert insertion, Sides&&... sides) {
  return detail::join_sides(name, insertion, join_emit::complete, detail::stream_in(std::forward<Sides>(sides))...);
}
template <detail::stream_like... Sides>
auto join(step_name name, Sides&&... sides) {
  return detail::join_sides(name, join_insert::last, join_emit::complete,
                            detail::stream_in(std::forward<Sides>(sides))...);
}
template <class First, class... More>
  requires(!std::is_convertible_v<First, step_name>)
stream<poison> join(First const&, More const&...) {
  constexpr bool join_has_a_name = std::is_void_v<First>;
  static_assert(
      join_has_a_name,
      "leat: join(name, sides...): a join needs a name, as its first argument: its state is found by it after "
      "a restart");
  return {};
}

}  // namespace leat
