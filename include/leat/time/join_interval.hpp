// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/saturated_time.hpp>
#include <leat/flow.hpp>
#include <leat/fwd.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/function/stream_like.hpp>
#include <leat/time/duration_text.hpp>
#include <leat/time/late_output.hpp>
#include <leat/time/paired_values.hpp>
#include <leat/time/sides.hpp>
#include <leat/time/window_info.hpp>

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace leat {

/// How far a right value of `join_interval` may lie before the left one.
class before {
 public:
  template <class Rep, class Period>
  explicit before(std::chrono::duration<Rep, Period> time) : duration_(detail::saturated_nanoseconds(time)) {}
  /// In event time.
  std::chrono::nanoseconds duration() const { return duration_; }

 private:
  std::chrono::nanoseconds duration_;
};

/// How far a right value of `join_interval` may lie after the left one.
class after {
 public:
  template <class Rep, class Period>
  explicit after(std::chrono::duration<Rep, Period> time) : duration_(detail::saturated_nanoseconds(time)) {}
  /// In event time.
  std::chrono::nanoseconds duration() const { return duration_; }

 private:
  std::chrono::nanoseconds duration_;
};

/// The three streams behind `join_interval`. Piped on as it is, it is `down`. Late records that nobody reads are
/// counted, and a line on standard error tells of them when the run ends.
template <class K, class L, class R>
struct joined_interval {
  keyed_stream<K, std::pair<L, R>> down;                 ///< the pairs
  keyed_stream<K, L> unpaired;                           ///< left values whose time is over, that found no right one
  keyed_stream<K, leat::late<std::variant<L, R>>> late;  ///< values that came too late, or at no credible time

  template <class Step>
  friend auto operator|(joined_interval const& streams, Step step) {
    return streams.down | std::move(step);
  }
};

/// Behind a join that was refused.
template <>
struct joined_interval<poison, poison, poison> {
  stream<poison> down;
  stream<poison> unpaired;
  stream<poison> late;

  template <class Step>
  friend stream<poison> operator|(joined_interval const&, Step const&) {
    return {};
  }
};

namespace detail {

using refused_interval = joined_interval<poison, poison, poison>;

/// The three outputs of a join of two sides whose values pair.
template <class K, class L, class R>
class interval_outputs {
  using row = std::pair<L, R>;

 public:
  static constexpr char const* names = "down late unpaired";

  [[gnu::cold]] interval_outputs(worker_builder& worker, step_context const& step, node const& described)
      : down(worker.batch_size<std::pair<K, row>>()),
        late(worker, step, described),
        unpaired(worker.batch_size<std::pair<K, L>>()) {
    worker.provide({described.id, 0}, down.next());
    worker.provide({described.id, 2}, unpaired.next());
  }

  /// Where the values of one key go.
  class outlet {
   public:
    outlet(K const& key, interval_outputs& to) : key_(&key), to_(&to) {}
    void pair(L const& left, R const& right) { to_->down(std::pair<K, row>(*key_, row(left, right))); }
    void unpaired(L&& left) { to_->unpaired(std::pair<K, L>(*key_, std::move(left))); }

   private:
    K const* key_;
    interval_outputs* to_;
  };
  outlet of(K const& key) { return {key, *this}; }

  bool ready() { return down.next().ready() && late.ready() && unpaired.next().ready(); }
  bool full() {
    bool const down_full = down.full();
    bool const late_full = late.full();
    return unpaired.full() || down_full || late_full;
  }
  void flush() {
    down.flush();
    late.flush();
    unpaired.flush();
  }
  void arrive(mark arrived) {
    down.next().arrive(arrived);
    late.arrive(arrived);
    unpaired.next().arrive(arrived);
  }
  void advance(stream_time time) {
    down.next().advance(time);
    late.advance(time);
    unpaired.next().advance(time);
  }

  emitter<std::pair<K, row>> down;
  late_output<K, std::variant<L, R>> late;
  emitter<std::pair<K, L>> unpaired;
};

/// What is wrong with these numbers; empty: nothing.
inline std::string refusal_of_interval(std::chrono::nanoseconds before, std::chrono::nanoseconds after) {
  return before.count() < 0 || after.count() < 0 ? "before(time) and after(time) need times of zero or more" : "";
}

}  // namespace detail

/// Joins two keyed streams: a value of `left` with each value of `right` of its key whose time is at most `earlier`
/// before its own, or at most `later` after it, both included. A pair leaves when the second of the two comes. A left
/// value for which the clock of the right side says that no partner can come any more, and none has, is told in
/// `unpaired`; values stay known for that long. `ts` of the clock takes a value of either side; a value is late by the
/// clock of its own side. Values of both sides are copied into the pairs. A struct of three streams is returned,
/// `joined_interval`.
template <class Clock, detail::a_stream Left, detail::a_stream Right>
auto join_interval(step_name name, Clock clock, before earlier, after later, Left&& left, Right&& right) {
  using namespace detail;
  if constexpr (!can_meet_state<Left>() || !can_meet_state<Right>())
    return refused_interval{};
  else {
    constexpr bool sides_have_the_same_key = sides_have_one_key<Left, Right>;
    static_assert(sides_have_the_same_key,
                  "leat: join_interval(name, clock, before, after, left, right): both sides must have the same type of "
                  "key: map the keys of one to it");
    using L = value_of_side<Left>;
    using R = value_of_side<Right>;
    if constexpr (!sides_have_the_same_key || !clock_fits<Clock, L>() || !clock_fits<Clock, R>())
      return refused_interval{};
    else {
      constexpr bool values_can_be_kept = can_be_read_back<L> && can_be_read_back<R> &&
                                          std::is_copy_constructible_v<L> && std::is_copy_constructible_v<R>;
      static_assert(values_can_be_kept,
                    "leat: join_interval(name, clock, before, after, left, right): values wait for each other, so they "
                    "must be copyable, with a codec and a default constructor");
      if constexpr (!values_can_be_kept)
        return refused_interval{};
      else {
        refuse_windows("join_interval", name, refusal_of(clock),
                       refusal_of_interval(earlier.duration(), later.duration()));
        using K = key_of_pair<record_of<Left>>;
        using V = std::variant<L, R>;
        graph& in = stream_access::graph_of(left);
        refuse_two_flows("join_interval", name, {&in, &stream_access::graph_of(right)});
        std::string options =
            concat({"before ", duration_text(earlier.duration()), ", after ", duration_text(later.duration())});
        auto const at = append_join<interval_outputs<K, L, R>, false>(
            in, "join_interval", name, std::move(clock), paired_values<L, R>(earlier.duration(), later.duration()),
            std::move(options), std::forward<Left>(left), std::forward<Right>(right));
        return joined_interval<K, L, R>{stream_access::make<std::pair<K, std::pair<L, R>>>(in, {at, 0}),
                                        stream_access::make<std::pair<K, L>>(in, {at, 2}),
                                        stream_access::make<std::pair<K, late<V>>>(in, {at, 1})};
      }
    }
  }
}
template <class Clock, detail::stream_like Left, detail::stream_like Right>
  requires(detail::has_down<Left> || detail::has_down<Right>)
auto join_interval(step_name name, Clock clock, before earlier, after later, Left&& left, Right&& right) {
  return join_interval(std::move(name), std::move(clock), earlier, later, detail::stream_in(std::forward<Left>(left)),
                       detail::stream_in(std::forward<Right>(right)));
}
template <class First, class... More>
  requires(!std::is_convertible_v<First, step_name>)
detail::refused_interval join_interval(First const&, More const&...) {
  constexpr bool join_interval_has_a_name = std::is_void_v<First>;
  static_assert(join_interval_has_a_name,
                "leat: join_interval(name, clock, before, after, left, right): a join needs a name, as its first "
                "argument: its state is found by it after a restart");
  return {};
}

}  // namespace leat
