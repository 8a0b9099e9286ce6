// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/op/function/name_comes_first.hpp>
#include <leat/route/exchange/by_key.hpp>
#include <leat/state/keep_state.hpp>
#include <leat/state/stateful_stage.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/counted_windows.hpp>
#include <leat/time/counting.hpp>
#include <leat/time/dated_before.hpp>
#include <leat/time/early.hpp>
#include <leat/time/early_content.hpp>
#include <leat/time/event_time.hpp>
#include <leat/time/free_windows.hpp>
#include <leat/time/key_windows.hpp>
#include <leat/time/node_by_time.hpp>
#include <leat/time/session.hpp>
#include <leat/time/sessions.hpp>
#include <leat/time/window_machine.hpp>
#include <leat/time/window_outputs.hpp>
#include <leat/time/windowed.hpp>
#include <leat/time/windower.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// What the operators with windows have in common.
namespace leat::detail {

/// Which windows a key has with this windower.
template <class Windower, class Content>
auto windows_of(Windower windower, Content content) {
  if constexpr (std::is_same_v<Windower, leat::session>)
    return sessions<Content>(windower, std::move(content));
  else if constexpr (std::is_same_v<Windower, counting>)
    return counted_windows<Content>(windower, std::move(content));
  else if constexpr (aligned_windower<Windower>)
    return key_windows<Windower, Content>(std::move(windower), std::move(content));
  else
    return free_windows<Windower, Content>(std::move(windower), std::move(content));
}

template <class Clock, class V>
consteval bool clock_fits() {
  if constexpr (std::is_same_v<Clock, refused_clock>)
    return false;  // which has been said
  else if constexpr (requires { Clock::template fits<V>(); })
    return Clock::template fits<V>();
  else {
    constexpr bool clock_is_one = requires { typename Clock::state; } && clock_of<Clock, V> && a_clock<Clock>;
    static_assert(
        clock_is_one,
        "leat: a step with windows: what stands behind the name is no clock for these values. A clock of your "
        "own has a state with a codec, time_of(value), observe(state, moment, reading), bound(state, reading) "
        "and due(state, moment, reading), all but the first returning what leat/time/clock.hpp says");
    return clock_is_one;
  }
}

template <class W>
inline constexpr bool is_a_windower =
    std::is_same_v<W, leat::session> || std::is_same_v<W, counting> || aligned_windower<W> || is_free_windower<W>;

/// What is needed of a windower, and of values that it puts into several windows.
template <class Windower, class V, bool Ordered>
consteval bool windower_fits() {
  constexpr bool windower_is_one = is_a_windower<Windower>;
  static_assert(windower_is_one,
                "leat: a step with windows: what stands behind the clock is no windower. One of your own has either "
                "first_of(moment), last_of(moment) and bounds(id), or a state with open_for, late_for, merged, "
                "close_for, bounds, next_close and empty: leat/time/windower.hpp says which");
  constexpr bool values_can_be_copied = !windower_is_one || std::is_same_v<Windower, leat::session> ||
                                        std::is_same_v<Windower, counting> ||
                                        requires { requires Windower::disjoint; } || std::is_copy_constructible_v<V>;
  static_assert(values_can_be_copied,
                "leat: a step with windows: this windower may put a value into several windows, so values must be "
                "copyable");
  constexpr bool values_have_an_order = !Ordered || !std::is_same_v<Windower, counting>;
  static_assert(values_have_an_order,
                "leat: a step with windows: leat::counting(n) asks no clock, so there are no times that leat::ordered "
                "could order values by: they are counted as they come");
  return windower_is_one && values_can_be_copied && values_have_an_order;
}

/// What early results ask of a step.
template <class Early, class Windower, bool Ordered>
consteval bool early_fits() {
  constexpr bool retracts = [] {
    if constexpr (requires { Early::given; })
      return Early::given == further_results::retracted;
    else
      return false;
  }();
  constexpr bool further_results_follow_early_ones = !std::is_same_v<Early, further_results_alone>;
  static_assert(further_results_follow_early_ones,
                "leat: a step with windows: leat::accumulating, leat::discarding and leat::retracting say what follows "
                "an early result: give leat::early(leat::after_records(n)) too");
  constexpr bool values_do_not_wait = !retracts || !Ordered;
  static_assert(values_do_not_wait,
                "leat: a step with windows: leat::retracting needs leat::unordered, since a result that the end of the "
                "input has given has values in it that still wait for their turn");
  constexpr bool windows_stay_as_they_are =
      !retracts || Ordered || std::is_same_v<Windower, counting> || aligned_windower<Windower>;
  static_assert(windows_stay_as_they_are,
                "leat: a step with windows: leat::retracting is for windows that stay as they are: two sessions can "
                "become one, and what the second has given could not be taken back");
  return further_results_follow_early_ones && values_do_not_wait && windows_stay_as_they_are;
}

/// Of what is wrong with clock and windower the first is said. The clock is asked for the times of `Dated`, and what
/// goes into windows is `V`.
template <bool Ordered, class Clock, class Windower, class V, class... Dated>
consteval bool clock_and_windower_fit() {
  constexpr bool clock_stands_before_windower = !is_a_windower<Clock> || !a_clock<Windower>;
  static_assert(clock_stands_before_windower,
                "leat: a step with windows: clock and windower are swapped. The clock stands behind the name, and the "
                "windower behind the clock");
  if constexpr (!clock_stands_before_windower || std::is_same_v<Windower, refused_clock>)
    return false;  // of which the latter has been said
  else if constexpr (!(clock_fits<Clock, Dated>() && ...))
    return false;
  else
    return windower_fits<Windower, V, Ordered>();
}

/// What the step keeps of a value and of a window.
template <class Content, bool Ordered>
consteval bool content_can_be_kept() {
  constexpr bool window_has_a_codec = can_be_read_back<typename Content::saved>;
  static_assert(
      window_has_a_codec,
      "leat: a step with windows: what it makes of a window's values has no codec or no default constructor, "
      "so it cannot be kept over a restart. Give it template <class A> void serialize(A&, unsigned), or use a "
      "type that has one");
  constexpr bool waiting_value_can_be_read_back = !Ordered || can_be_read_back<typename Content::value>;
  static_assert(waiting_value_can_be_read_back,
                "leat: a step with windows: values wait for their order, so they need a codec and a default "
                "constructor, or the option leat::unordered");
  constexpr bool result_can_be_copied = copyable_record<typename Content::result>;
  static_assert(result_can_be_copied, "leat: a step with windows: its results must be copyable");
  return window_has_a_codec && waiting_value_can_be_read_back && result_can_be_copied;
}

/// Throws flow_error for a clock, a windower or early results whose numbers are wrong.
[[gnu::cold]] void refuse_windows(std::string_view kind, step_name const& name, std::string const& of_clock,
                                  std::string const& of_windower, std::string const& of_early = {});
[[gnu::cold]] void refuse_while_open(std::string_view kind, step_name const& name);
/// What a run that goes on has to have the same.
[[gnu::cold]] std::string window_parameters_text(std::string const& clock, std::string const& windower, bool ordered,
                                                 std::string const& early = {});

/// The time of a keyed record is that of its value.
template <class Clock>
struct time_of_value {
  explicit time_of_value(Clock c) : clock(std::move(c)) {}
  template <class K, class V>
  std::optional<moment> operator()(std::pair<K, V> const& record) const {
    return clock.time_of(record.second);
  }
  Clock clock;
};

/// For how many nanoseconds the clock is told to take corrections; 0 also where a step before it says so.
template <class Clock>
std::int64_t corrections_told(Clock const& clock) {
  if constexpr (requires { clock.corrections(); })
    return clock.corrections().count();
  else if constexpr (dates_its_stream<Clock>)
    return clock.dates_by().rules().corrections;
  else
    return 0;
}

/// Adds the exchange to the owners of the keys, before it what dates the stream if the clock does that, and the step
/// behind it, which has `Outputs`. `given` is the name that the user has given. Returns the step's node.
template <class Outputs, class S, class Clock, class Machine>
std::size_t append_by_time(S&& up, Clock const& clock, Machine machine, std::string parameters, step_info step,
                           step_name const& given) {
  using T = record_of<S>;
  graph& in = stream_access::graph_of(up);
  if constexpr (!Machine::can_correct)
    if (corrections_told(clock) != 0) refuse_corrections(step.kind, given, Machine::obstacle);
  in.name_step(step);
  list<port> from;
  if constexpr (dates_its_stream<Clock>) {
    step_info dating = step;
    dating.kind = kind_of_event_time;
    dating.name += ".time";
    auto dated = append_dating(std::forward<S>(up), time_of_value<Clock>(clock), clock.dates_by(), std::move(dating));
    from.push_back(exchange_by_key(std::move(dated.down), step));
    from.push_back(seal(std::move(dated.late)));
  } else {
    from.push_back(exchange_by_key(std::forward<S>(up), step));
    if constexpr (needs_a_dated_stream<Clock>) refuse_undated(in, from[0], step.kind, given);
  }
  using node_type = node_by_time<key_of_pair<T>, value_of_pair<T>, Outputs, Machine>;
  port const at = in.add<node_type>(std::move(machine), std::move(parameters), std::move(step), std::move(from));
  in.at(at).outputs = Outputs::names;
  return at.node;
}

/// The content that a step has whose windows give these early results.
template <class Content>
Content giving_early(Content content, no_early_results const&) {
  return content;
}
template <class Content, further_results Given>
early_content<Content, Given> giving_early(Content content, early_results<Given> early) {
  return {std::move(content), early};
}

template <bool Ordered, class S, class Clock, class Windower, class Content, class Early = no_early_results>
auto append_windows(S&& up, Clock clock, Windower windower, Content content, step_info step, step_name const& given,
                    Early early = {}) {
  using T = record_of<S>;
  using K = key_of_pair<T>;
  using V = value_of_pair<T>;
  using W = typename Content::result;
  std::string parameters =
      window_parameters_text(parameters_of(clock), parameters_of(windower), Ordered, early.parameters());
  auto windows = windows_of(std::move(windower), giving_early(std::move(content), early));
  using machine = window_machine<Clock, decltype(windows), Ordered>;
  graph& in = stream_access::graph_of(up);
  auto const at = append_by_time<window_outputs<K, W, V>>(
      std::forward<S>(up), clock, machine(clock, std::move(windows)), std::move(parameters), std::move(step), given);
  return windowed<K, W, V>{stream_access::make<std::pair<K, in_window<W>>>(in, {at, 0}),
                           stream_access::make<std::pair<K, late<V>>>(in, {at, 1}),
                           stream_access::make<std::pair<K, window_info>>(in, {at, 2})};
}

/// `Kind` is the operator: its name, the sentences that refuse its functions, the content that it makes of them.
template <class Kind, bool Ordered, class Clock, class Windower, class Functions, class Early = no_early_results>
class window_step {
 public:
  window_step(step_name name, Clock clock, Windower windower, Functions functions, Early early = {})
      : name_(std::move(name)),
        clock_(std::move(clock)),
        windower_(std::move(windower)),
        functions_(std::move(functions)),
        early_(early) {
    refuse_windows(Kind::name, name_, refusal_of(clock_), refusal_of(windower_), early_.refusal());
    if constexpr (requires { clock_.takes_while_open(); })
      if (clock_.takes_while_open() && (Ordered || !aligned_windower<Windower>)) refuse_while_open(Kind::name, name_);
  }

  template <a_stream S>
  friend auto operator|(S&& up, window_step self) {
    if constexpr (!can_meet_state<S>())
      return refused_windows{refused(up), {}, {}};
    else {
      using V = value_of_pair<record_of<S>>;
      if constexpr (!clock_and_windower_fit<Ordered, Clock, Windower, V, V>())
        return refused_windows{};
      else if constexpr (!early_fits<Early, Windower, Ordered>())
        return refused_windows{};
      else if constexpr (!Kind::template accepts<Functions, V, Windower, Ordered>())
        return refused_windows{};
      else {
        auto content = Kind::template content<V>(std::move(self.functions_));
        if constexpr (!content_can_be_kept<decltype(content), Ordered>())
          return refused_windows{};
        else
          return append_windows<Ordered>(std::forward<S>(up), std::move(self.clock_), std::move(self.windower_),
                                         std::move(content), step_info(Kind::name, self.name_, Functions::memory),
                                         self.name_, self.early_);
      }
    }
  }

 private:
  step_name name_;
  Clock clock_;
  Windower windower_;
  Functions functions_;
  [[no_unique_address]] Early early_;
};

/// A step with the order and the early results that the options ask for.
template <class Kind, bool UsuallyOrdered, class Clock, class Windower, class Functions, class... Options>
auto window_step_with(step_name name, Clock clock, Windower windower, Functions functions, Options const&... options) {
  auto const early = early_wanted(options...);
  using step = window_step<Kind, order_wanted<UsuallyOrdered, Options...>, Clock, Windower, Functions,
                           std::remove_const_t<decltype(early)>>;
  return step(std::move(name), std::move(clock), std::move(windower), std::move(functions), early);
}

/// What an operator becomes that was given too little, or things in another order: the sentence of its kind.
template <class Kind>
struct incomplete_window_step {
  template <a_stream S>
  friend refused_windows operator|(S&&, incomplete_window_step) {
    Kind::template say_what_it_takes<silent<S>>();
    return {};
  }
};

/// What an operator becomes that has no name.
struct nameless_window_step {
  template <a_stream S>
  friend refused_windows operator|(S&& up, nameless_window_step) {
    return {std::forward<S>(up) | nameless_step(), {}, {}};
  }
};

template <class First>
inline constexpr bool is_counting = std::is_same_v<std::remove_cvref_t<First>, counting>;

/// Whether so many arguments stand behind the name; `counting` stands for two, the clock and the windower.
template <std::size_t Needed, class... Given>
inline constexpr bool has_enough = sizeof...(Given) >= Needed;
template <std::size_t Needed, class First, class... Given>
inline constexpr bool has_enough<Needed, First, Given...> =
    sizeof...(Given) + 1 + (is_counting<First> ? 1 : 0) >= Needed;

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/window_step.ipp>
#endif
