// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/flow.hpp>
#include <leat/op/function/stream_like.hpp>
#include <leat/time/sides.hpp>
#include <leat/time/timed_outputs.hpp>
#include <leat/time/timed_step.hpp>
#include <leat/time/window_lengths.hpp>
#include <leat/time/with_late.hpp>

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace leat {
namespace detail {

/// Of one time: those of the right side go first, so that a left value sees them.
struct right_side_first {
  template <class V>
  bool operator()(V const& a, V const& b) const {
    return a.index() > b.index();
  }
};

/// The last value of the right side, as the values of both come in the order of their times.
template <class L, class R>
class last_of_right {
 public:
  using order_of_sides = right_side_first;
  struct content_type {
    using value = std::variant<L, R>;
  };
  using state = std::optional<R>;

  template <class Outlet>
  void put(state& last, moment, std::variant<L, R>&& value, bool told, Outlet& outlet) const {
    if (value.index() == 1)
      last.emplace(std::get<1>(std::move(value)));
    else if (!told)
      outlet(std::pair<L, std::optional<R>>(std::get<0>(std::move(value)), last));
  }
  /// What is late has no window.
  template <class F>
  void each_of(moment, F&&) const {}
  template <class Outlet>
  void close(state&, moment, Outlet&) const {}
  template <class Outlet>
  void end(state&, Outlet&) const {}

  moment next_close(state const&) const { return (moment::max)(); }
  bool empty(state const& last) const { return !last; }

  moment next_after(moment at) const { return next_step_after(at, std::chrono::nanoseconds(0)); }
  window_lengths lengths(moment) const { return {std::chrono::seconds(16), std::chrono::seconds(16)}; }

  struct saved {
    std::optional<R> last;

    void mark_spoken() {}
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & last;
    }
  };
  template <class Archive>
  void save(Archive& archive, state const& last) const {
    archive & last;
  }
  state load(saved&& from) const { return std::move(from.last); }
};

}  // namespace detail

/// Joins two keyed streams: each value of `left` with the last value of `right` of its key that is not later, or none.
/// A pair leaves once no value of either side can come any more that is as old, in the order of the times of `left`.
/// `ts` of the clock takes a value of either side; a value is late by the clock of its own side. The last value of
/// `right` stays known for as long as the key may have a later `left`. A struct of two streams is returned,
/// `with_late`; a late value is a `std::variant` of the sides' values.
template <class Clock, detail::a_stream Left, detail::a_stream Right>
auto join_as_of(step_name name, Clock clock, Left&& left, Right&& right) {
  using namespace detail;
  if constexpr (!can_meet_state<Left>() || !can_meet_state<Right>())
    return refused_timed{};
  else {
    constexpr bool sides_have_the_same_key = sides_have_one_key<Left, Right>;
    static_assert(sides_have_the_same_key,
                  "leat: join_as_of(name, clock, left, right): both sides must have the same type of key: map the keys "
                  "of one to it");
    using L = value_of_side<Left>;
    using R = value_of_side<Right>;
    if constexpr (!sides_have_the_same_key || !clock_fits<Clock, L>() || !clock_fits<Clock, R>())
      return refused_timed{};
    else {
      constexpr bool values_can_be_kept = can_be_read_back<L> && can_be_read_back<R> && std::is_copy_constructible_v<R>;
      static_assert(values_can_be_kept,
                    "leat: join_as_of(name, clock, left, right): values wait for their order, so those of both sides "
                    "need a codec and a default constructor; those of the right side must be copyable");
      if constexpr (!values_can_be_kept)
        return refused_timed{};
      else {
        refuse_windows("join_as_of", name, refusal_of(clock), {});
        using K = key_of_pair<record_of<Left>>;
        using W = std::pair<L, std::optional<R>>;
        using V = std::variant<L, R>;
        graph& in = stream_access::graph_of(left);
        refuse_two_flows("join_as_of", name, {&in, &stream_access::graph_of(right)});
        auto const at =
            append_join<timed_outputs<K, W, V>, true>(in, "join_as_of", name, std::move(clock), last_of_right<L, R>(),
                                                      {}, std::forward<Left>(left), std::forward<Right>(right));
        return with_late<K, W, V>{stream_access::make<std::pair<K, W>>(in, {at, 0}),
                                  stream_access::make<std::pair<K, late<V>>>(in, {at, 1})};
      }
    }
  }
}
template <class Clock, detail::stream_like Left, detail::stream_like Right>
  requires(detail::has_down<Left> || detail::has_down<Right>)
auto join_as_of(step_name name, Clock clock, Left&& left, Right&& right) {
  return join_as_of(std::move(name), std::move(clock), detail::stream_in(std::forward<Left>(left)),
                    detail::stream_in(std::forward<Right>(right)));
}
template <class First, class... More>
  requires(!std::is_convertible_v<First, step_name>)
detail::refused_timed join_as_of(First const&, More const&...) {
  constexpr bool join_as_of_has_a_name = std::is_void_v<First>;
  static_assert(join_as_of_has_a_name,
                "leat: join_as_of(name, clock, left, right): a join needs a name, as its first argument: its state is "
                "found by it after a restart");
  return {};
}

}  // namespace leat
