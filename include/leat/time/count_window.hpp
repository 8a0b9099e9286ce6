// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>
#include <leat/op/map.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/window_content.hpp>
#include <leat/time/window_step.hpp>

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

/// How many values a window had. Of what is counted only the time is known; `moment::min()`: it has none.
struct counted_content : keeps_itself<std::uint64_t> {
  using value = moment;
  static constexpr bool merges = true;

  template <class Say>
  std::uint64_t begin(moment, Say&) const {
    return 1;
  }
  template <class Say>
  void add(std::uint64_t& count, moment, Say&) const {
    ++count;
  }
  template <class Say>
  void merge(std::uint64_t& earlier, std::uint64_t later, Say&) const {
    earlier += later;
  }
};

/// The same clock, for values of which only the time is left. One that goes by when they come asks for none.
template <class Clock>
class clock_of_times : public Clock {
 public:
  explicit clock_of_times(Clock clock) : Clock(std::move(clock)) {}
  std::optional<moment> time_of(moment at) const {
    if constexpr (requires(Clock& clock, wall_time now) { clock.begin_batch(now); })
      return Clock::time_of(at);
    else
      return at == (moment::min)() ? std::nullopt : std::optional(at);
  }
};

/// A record becomes its key and its time.
template <class K, class Clock, class F>
struct keyed_time {
  keyed_time(Clock c, F f) : clock(std::move(c)), key(std::move(f)) {}
  template <class X>
  std::pair<K, moment> operator()(X&& record) {
    moment const at = clock.time_of(std::as_const(record)).value_or((moment::min)());
    return std::pair<K, moment>(key(std::forward<X>(record)), at);
  }
  Clock clock;
  F key;
};

struct count_windows {
  static constexpr char const* name = "count_window";

  template <bool Silent>
  static consteval void say_what_it_takes() {
    constexpr bool count_window_has_what_it_needs = Silent;
    static_assert(count_window_has_what_it_needs,
                  "leat: count_window(name, clock, windower, key): key(record) says whose count it is; the clock sees "
                  "the record");
  }
};

template <bool Ordered, class Clock, class Windower, class F, class Early>
class count_window_step {
 public:
  count_window_step(step_name name, Clock clock, Windower windower, F key, Early early)
      : name_(std::move(name)),
        clock_(std::move(clock)),
        windower_(std::move(windower)),
        key_(std::move(key)),
        early_(early) {
    refuse_windows(count_windows::name, name_, refusal_of(clock_), refusal_of(windower_), early_.refusal());
  }

  template <a_stream S>
  friend auto operator|(S&& up, count_window_step self) {
    using T = record_of<S>;
    constexpr bool key_takes_the_record = silent<S> || takes<F, T>;
    static_assert(key_takes_the_record,
                  "leat: count_window(name, clock, windower, key): key must be callable with the record that the step "
                  "before it produces, as one argument: T, T const& or T&&");
    if constexpr (silent<S> || !key_takes_the_record)
      return refused_windows{refused(up), {}, {}};
    else {
      using K = record_made_of<result_of<F, T>>;
      constexpr bool key_returns_a_key = !awaitable<K> && keyable<K>;
      static_assert(key_returns_a_key,
                    "leat: count_window(name, clock, windower, key): key(record) must return a key: copyable and "
                    "comparable with ==");
      if constexpr (!key_returns_a_key)
        return refused_windows{};
      else if constexpr (!clock_and_windower_fit<Ordered, Clock, Windower, moment, T>())
        return refused_windows{};
      else if constexpr (!early_fits<Early, Windower, Ordered>())
        return refused_windows{};
      else {
        using dated = std::pair<K, moment>;
        using function = keyed_time<K, Clock, F>;
        graph& in = stream_access::graph_of(up);
        step_info box(count_windows::name, self.name_);
        scope const inside(in, box);
        function key_and_time(self.clock_, std::move(self.key_));
        auto keyed = append<dated>(std::forward<S>(up), map_op<T, dated, function>(std::move(key_and_time)),
                                   step_info("key_on", step_name("key", self.name_.location), memory_of<F, T>));
        if constexpr (!can_meet_state<decltype(keyed)>())
          return refused_windows{};
        else
          return append_windows<Ordered>(std::move(keyed), clock_of_times<Clock>(std::move(self.clock_)),
                                         std::move(self.windower_), counted_content(),
                                         step_info(count_windows::name, step_name("count", self.name_.location)),
                                         self.name_, self.early_);
      }
    }
  }

 private:
  step_name name_;
  Clock clock_;
  Windower windower_;
  F key_;
  [[no_unique_address]] Early early_;
};

}  // namespace detail

/// How many records each window of each key had, as `std::uint64_t`. The key is what `key(record)` returns, and the
/// clock's function sees the record; only the two of them travel, so what is told of a late record is its time. A
/// struct of three streams is returned, `windowed`. `key` and the clock's function are called on the thread of the
/// worker that has the record.
template <class Clock, class Windower, class F, detail::window_or_early_option... Options>
auto count_window(step_name name, Clock clock, Windower windower, F key, Options... options) {
  auto const early = detail::early_wanted(options...);
  using step = detail::count_window_step<detail::order_wanted<false, Options...>, Clock, Windower,
                                         detail::function_of<F>, std::remove_const_t<decltype(early)>>;
  return step(std::move(name), std::move(clock), std::move(windower), std::move(key), early);
}
template <class First, class... More>
  requires(!std::is_convertible_v<First, step_name>)
detail::nameless_window_step count_window(First const&, More const&...) {
  return {};
}
template <detail::names_a_step Name, class... Given>
  requires(sizeof...(Given) < 3)
detail::incomplete_window_step<detail::count_windows> count_window(Name const&, Given const&...) {
  return {};
}

}  // namespace leat
