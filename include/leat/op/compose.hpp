// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/function/name_comes_first.hpp>
#include <leat/op/function/stream_like.hpp>

#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

/// What the user's function is given: the stream itself when it is given away, else another use of it.
template <class S>
using handed_in = std::conditional_t<std::is_lvalue_reference_v<S>, stream<record_of<S>>, std::remove_cvref_t<S>>;

template <class S>
handed_in<S> hand_in(S&& up) {
  if constexpr (std::is_lvalue_reference_v<S>)
    return stream<record_of<S>>(up);
  else
    return std::forward<S>(up);
}

template <class F, class... S>
concept takes_streams = (silent<S> || ...) || requires(F& f, handed_in<S>&&... up) { f(std::move(up)...); };

template <class F>
class compose_step {
 public:
  compose_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, compose_step self) {
    constexpr bool f_takes_the_stream = takes_streams<F, S>;
    static_assert(f_takes_the_stream,
                  "leat: compose(name, f): f must be callable with the stream that the step before it makes");
    if constexpr (silent<S> || !f_takes_the_stream)
      return refused(up);
    else if constexpr (!may_be_used<S>())
      return stream<poison>{};
    else {
      graph& in = stream_access::graph_of(up);
      step_info step("compose", self.name_);
      scope const inside(in, step);
      return self.f_(hand_in(std::forward<S>(up)));
    }
  }

 private:
  step_name name_;
  F f_;
};

/// What a `compose` without a name becomes, for the sake of one sentence.
template <bool NothingWasRefusedBefore>
stream<poison> nameless_compose() {
  constexpr bool compose_has_a_name = !NothingWasRefusedBefore;
  static_assert(compose_has_a_name,
                "leat: compose(name, f): an operator of your own needs a name, as its first argument: the names of its "
                "steps are inside it");
  return {};
}
struct nameless_compose_step {
  template <a_stream S>
  friend stream<poison> operator|(S&&, nameless_compose_step) {
    return nameless_compose<!silent<S>>();
  }
};

}  // namespace detail

/// An operator of your own. `f` is given the stream and pipes it through other steps, whose names are then inside this
/// one's: `flow.step.inner`. `compose` returns what `f` returns: a stream, several, or nothing. It costs nothing at run
/// time, since steps fuse across its border.
template <class F>
detail::compose_step<F> compose(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class F>
detail::nameless_compose_step compose(F const&) {
  return {};
}

/// The same over several streams: `compose("name", f, a, b)` calls `f(a, b)`.
template <class F, detail::a_stream First, detail::a_stream... More>
auto compose(step_name name, F f, First&& first, More&&... more) {
  constexpr bool quiet = detail::silent<First> || (detail::silent<More> || ...);
  constexpr bool f_takes_the_streams = detail::takes_streams<F, First, More...>;
  static_assert(f_takes_the_streams, "leat: compose(name, f, streams...): f must be callable with these streams");
  if constexpr (quiet || !f_takes_the_streams)
    return stream<poison>{};
  else if constexpr (!(detail::may_be_used<First>() && ... && detail::may_be_used<More>()))
    return stream<poison>{};
  else {
    detail::graph& in = detail::stream_access::graph_of(first);
    detail::refuse_two_flows("compose", name, {&in, &detail::stream_access::graph_of(more)...});
    detail::step_info step("compose", name);
    detail::scope const inside(in, step);
    return f(detail::hand_in(std::forward<First>(first)), detail::hand_in(std::forward<More>(more))...);
  }
}
template <class F, detail::stream_like First, detail::stream_like... More>
  requires(detail::has_down<First> || ... || detail::has_down<More>)
auto compose(step_name name, F f, First&& first, More&&... more) {
  return compose(std::move(name), std::move(f), detail::stream_in(std::forward<First>(first)),
                 detail::stream_in(std::forward<More>(more))...);
}
template <class F, detail::a_stream First, detail::a_stream... More>
  requires(!std::is_convertible_v<F, step_name>)
stream<poison> compose(F const&, First const&, More const&...) {
  return detail::nameless_compose<!(detail::silent<First> || ... || detail::silent<More>)>();
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first compose(F const&, Name const&) {
  return {};
}

}  // namespace leat
