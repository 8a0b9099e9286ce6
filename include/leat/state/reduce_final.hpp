// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/route/combine.hpp>
#include <leat/state/kept_state.hpp>
#include <leat/state/stateful_stage.hpp>

#include <optional>
#include <utility>

namespace leat {
namespace detail {

template <class A, class Reducer>
struct reduce_final_logic {
  using state = kept_state<A>;

  template <class Cell, class K, class Emit>
  void on_value(Cell& met, K&&, A&& value, Emit&) {
    with_state<A>(met, [&](std::optional<A>& kept) {
      if (kept)
        kept = reducer(std::move(*kept), std::move(value));
      else
        kept.emplace(std::move(value));
    });
  }
  template <class Cell, class Emit>
  void on_end(Cell& met, Emit& emit) {
    with_state<A>(met, [&](std::optional<A>& kept) {
      emit(met.key(), std::move(*kept));
      kept.reset();
    });
  }

  Reducer reducer;
};

template <class Reducer>
class reduce_final_step {
 public:
  reduce_final_step(char const* kind, step_name name, Reducer reducer)
      : kind_(kind), name_(std::move(name)), reducer_(std::move(reducer)) {}

  template <a_stream S>
  friend auto operator|(S&& up, reduce_final_step self) {
    if constexpr (!can_meet_state<S>())
      return refused(up);
    else {
      using T = record_of<S>;
      using K = key_of_pair<T>;
      using A = value_of_pair<T>;
      constexpr bool reducer_joins_two_values = requires(Reducer& r, A&& a, A&& b, A& home) {
        home = r(std::move(a), std::move(b));
      };
      static_assert(reducer_joins_two_values,
                    "leat: reduce_final(name, reducer): reducer(value, value) must take two values of the keyed stream "
                    "and return one");
      if constexpr (!reducer_joins_two_values)
        return stream<poison>{};
      else {
        graph& in = stream_access::graph_of(up);
        step_info step(self.kind_, self.name_);
        in.name_step(step);
        step_info way("exchange", self.name_);
        way.name = step.name + ".exchange";
        port const from = finish(std::forward<S>(up), to_combining_exchange<K, A, Reducer>(self.reducer_), std::move(way));
        in.at(from).movement = "exchange by key, combined before";
        in.at(from).describe_records = &describe_record<std::pair<K, A>>;
        return stream_access::make<T>(in, in.template add<stateful_node<K, A, A, reduce_final_logic<A, Reducer>>>(
                                              reduce_final_logic<A, Reducer>{std::move(self.reducer_)},
                                              std::move(step), from));
      }
    }
  }

 private:
  char const* kind_;
  step_name name_;
  Reducer reducer_;
};

struct identity {
  template <class T>
  T const& operator()(T const& value) const {
    return value;
  }
};

/// The greater one by `by`; the first of equals.
template <class By>
struct greater_one {
  template <class A>
  A operator()(A&& a, A&& b) const {
    return by(std::as_const(a)) < by(std::as_const(b)) ? std::forward<A>(b) : std::forward<A>(a);
  }
  By by;
};
template <class By>
struct lesser_one {
  template <class A>
  A operator()(A&& a, A&& b) const {
    return by(std::as_const(b)) < by(std::as_const(a)) ? std::forward<A>(b) : std::forward<A>(a);
  }
  By by;
};

}  // namespace detail

/// One result per key, at the end of the input: all its values joined by `reducer(value, value) -> value`, which must
/// be associative, since values are joined on the worker where they are before they go to the key's owner.
template <class Reducer>
detail::reduce_final_step<Reducer> reduce_final(step_name name, Reducer reducer) {
  return {"reduce_final", std::move(name), std::move(reducer)};
}
template <class Reducer>
detail::nameless_step reduce_final(Reducer const&) {
  return {};
}

/// The greatest value per key, at the end of the input, by `by(value)`, compared with `<`. Of equals one that came
/// first on its worker.
template <class By = detail::identity>
detail::reduce_final_step<detail::greater_one<By>> max_final(step_name name, By by = {}) {
  return {"max_final", std::move(name), detail::greater_one<By>{std::move(by)}};
}
template <class By = detail::identity>
  requires(!std::is_convertible_v<By, step_name>)
detail::nameless_step max_final(By const& = {}) {
  return {};
}

/// The least value per key, at the end of the input, by `by(value)`, compared with `<`.
template <class By = detail::identity>
detail::reduce_final_step<detail::lesser_one<By>> min_final(step_name name, By by = {}) {
  return {"min_final", std::move(name), detail::lesser_one<By>{std::move(by)}};
}
template <class By = detail::identity>
  requires(!std::is_convertible_v<By, step_name>)
detail::nameless_step min_final(By const& = {}) {
  return {};
}

}  // namespace leat
