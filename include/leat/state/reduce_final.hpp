// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/total_order.hpp>
#include <leat/flow.hpp>
#include <leat/op/function/function.hpp>
#include <leat/op/function/keep_result.hpp>
#include <leat/route/exchange/combine.hpp>
#include <leat/state/kept_state.hpp>
#include <leat/state/stateful_stage.hpp>

#include <concepts>
#include <optional>
#include <utility>

namespace leat {
namespace detail {

template <class A, class Reducer>
struct reduce_final_logic {
  using state = kept_state<A>;
  using saved = A;
  static saved const& save(state const& kept) { return saved_state_of<A>(kept); }
  static state load(saved&& from) { return std::move(from); }

  template <class Cell, class K, class Emit>
  void on_value(Cell& entry, K&&, A&& value, Emit&) {
    with_state<A>(entry, [&](std::optional<A>& kept) {
      if (kept)
        replace_by_result(*kept, reducer, std::move(value));
      else
        kept.emplace(std::move(value));
    });
  }
  template <class Cell, class Emit>
  void on_end(Cell& entry, Emit& emit_record) {
    with_state<A>(entry, [&](std::optional<A>& kept) {
      emit_record(entry.key(), std::move(*kept));
      kept.reset();
    });
  }

  Reducer reducer;
};

/// `Kind` has the operator's name, and the sentences that refuse its function.
template <class Kind, class Reducer>
class reduce_final_step {
 public:
  reduce_final_step(step_name name, Reducer reducer) : name_(std::move(name)), reducer_(std::move(reducer)) {}

  template <a_stream S>
  friend auto operator|(S&& up, reduce_final_step self) {
    if constexpr (!can_meet_state<S>())
      return refused(up);
    else {
      using T = record_of<S>;
      using K = key_of_pair<T>;
      using A = value_of_pair<T>;
      if constexpr (!Kind::template accepts<Reducer, A>())
        return stream<poison>{};
      else {
        graph& in = stream_access::graph_of(up);
        step_info step(Kind::name, self.name_, memory_of<Reducer>);
        in.name_step(step);
        step_info way("exchange", self.name_);
        way.name = step.name + ".exchange";
        port const from =
            finish(std::forward<S>(up), to_combining_exchange<K, A, Reducer>(self.reducer_), std::move(way));
        in.at(from).routing = "exchange by key, combined before";
        in.at(from).describe_records = &describe_record<std::pair<K, A>>;
        return stream_access::make<T>(
            in, in.template add<stateful_node<K, A, A, reduce_final_logic<A, Reducer>>>(
                    reduce_final_logic<A, Reducer>{std::move(self.reducer_)}, std::move(step), from));
      }
    }
  }

 private:
  step_name name_;
  Reducer reducer_;
};

struct reduction {
  static constexpr char const* name = "reduce_final";

  template <class Reducer, class A>
  static consteval bool accepts() {
    constexpr bool reducer_joins_two_values =
        requires(Reducer& r, A&& a, A&& b, A& home) { home = r(std::move(a), std::move(b)); };
    static_assert(reducer_joins_two_values,
                  "leat: reduce_final(name, reducer): reducer(value, value) must take two values of the keyed stream "
                  "and return one");
    return reducer_joins_two_values;
  }
};

struct identity {
  template <class T>
  T const& operator()(T const& value) const {
    return value;
  }
};

template <class Measure, class A>
constexpr bool compares_results() {
  if constexpr (reads<Measure, A>)
    return requires(Measure& measure, A const& a, A const& b) {
      { measure(a) < measure(b) } -> std::convertible_to<bool>;
    };
  else
    return false;
}

template <class A, class B>
bool less(A const& a, B const& b) {
  if constexpr (std::is_same_v<A, B>)
    return comes_before(a, b);
  else
    return a < b;
}

/// The greater one by `measure`; the first of equals.
template <class Measure>
struct greater_of_two {
  template <class A>
  A operator()(A&& a, A&& b) {
    return less(measure(std::as_const(a)), measure(std::as_const(b))) ? std::forward<A>(b) : std::forward<A>(a);
  }
  Measure measure;

  template <class A>
  static constexpr bool takes_the_value = reads<Measure, A>;
  template <class A>
  static constexpr bool compares = compares_results<Measure, A>();
};
template <class Measure>
struct lesser_of_two {
  template <class A>
  A operator()(A&& a, A&& b) {
    return less(measure(std::as_const(b)), measure(std::as_const(a))) ? std::forward<A>(b) : std::forward<A>(a);
  }
  Measure measure;

  template <class A>
  static constexpr bool takes_the_value = reads<Measure, A>;
  template <class A>
  static constexpr bool compares = compares_results<Measure, A>();
};

struct maximum {
  static constexpr char const* name = "max_final";

  template <class Choice, class A>
  static consteval bool accepts() {
    constexpr bool f_takes_the_value = Choice::template takes_the_value<A>;
    static_assert(f_takes_the_value,
                  "leat: max_final(name, f): f must be callable with a const reference to the value of the keyed "
                  "stream");
    constexpr bool results_can_be_compared = !f_takes_the_value || Choice::template compares<A>;
    static_assert(results_can_be_compared,
                  "leat: max_final(name, f): what is to be compared has no <: give it one, or an f that returns a "
                  "number or another part of the value that has");
    return f_takes_the_value && results_can_be_compared;
  }
};
struct minimum {
  static constexpr char const* name = "min_final";

  template <class Choice, class A>
  static consteval bool accepts() {
    constexpr bool f_takes_the_value = Choice::template takes_the_value<A>;
    static_assert(f_takes_the_value,
                  "leat: min_final(name, f): f must be callable with a const reference to the value of the keyed "
                  "stream");
    constexpr bool results_can_be_compared = !f_takes_the_value || Choice::template compares<A>;
    static_assert(results_can_be_compared,
                  "leat: min_final(name, f): what is to be compared has no <: give it one, or an f that returns a "
                  "number or another part of the value that has");
    return f_takes_the_value && results_can_be_compared;
  }
};

}  // namespace detail

/// One result per key, at the end of the input: all its values joined by `reducer(value, value) -> value`, which must
/// be associative, since values are joined on the worker where they are before they go to the key's owner.
template <class Reducer>
detail::reduce_final_step<detail::reduction, detail::function_of<Reducer>> reduce_final(step_name name,
                                                                                        Reducer reducer) {
  return {std::move(name), std::move(reducer)};
}
template <class Reducer>
detail::incomplete_step<Reducer> reduce_final(Reducer const&) {
  return {};
}
template <class Reducer, detail::names_a_step Name>
  requires(!detail::names_a_step<Reducer>)
detail::name_comes_first reduce_final(Reducer const&, Name const&) {
  return {};
}

/// The greatest value per key, at the end of the input, by `measure(value)`, compared with `<`; of floating point NaN
/// is the greatest. Of equals one that came first on its worker.
template <class Measure = detail::identity>
auto max_final(step_name name, Measure measure = {}) {
  using choice = detail::greater_of_two<detail::function_of<Measure>>;
  return detail::reduce_final_step<detail::maximum, choice>(std::move(name), choice{std::move(measure)});
}
template <class Measure = detail::identity>
  requires(!std::is_convertible_v<Measure, step_name>)
detail::nameless_step max_final(Measure const& = {}) {
  return {};
}
template <class Measure, detail::names_a_step Name>
  requires(!detail::names_a_step<Measure>)
detail::name_comes_first max_final(Measure const&, Name const&) {
  return {};
}

/// The least value per key, at the end of the input, by `measure(value)`, compared with `<`; of floating point NaN is
/// the greatest.
template <class Measure = detail::identity>
auto min_final(step_name name, Measure measure = {}) {
  using choice = detail::lesser_of_two<detail::function_of<Measure>>;
  return detail::reduce_final_step<detail::minimum, choice>(std::move(name), choice{std::move(measure)});
}
template <class Measure = detail::identity>
  requires(!std::is_convertible_v<Measure, step_name>)
detail::nameless_step min_final(Measure const& = {}) {
  return {};
}
template <class Measure, detail::names_a_step Name>
  requires(!detail::names_a_step<Measure>)
detail::name_comes_first min_final(Measure const&, Name const&) {
  return {};
}

}  // namespace leat
