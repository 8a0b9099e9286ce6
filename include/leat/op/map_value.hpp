// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>
#include <leat/op/fused/kernel.hpp>

#include <source_location>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class T, class W, class F>
struct map_value_op {
  using in = T;
  using out = std::pair<key_of_pair<T>, W>;
  using V = value_of_pair<T>;
  static constexpr op_shape shape = op_shape::one_to_one;
  /// An `f(V&&) -> V&&` edits the value in place.
  static constexpr bool in_place = std::is_same_v<result_of<F, V>, V&&> && std::is_move_assignable_v<V>;
  template <class X>
  static constexpr bool accepts = std::is_same_v<std::remove_cvref_t<X>, T>;

  explicit map_value_op(F function) : f(std::move(function)) {}

  template <class X>
  [[gnu::always_inline]] decltype(auto) operator()(X&& record) {
    using value = decltype((std::forward<X>(record).second));
    if constexpr (in_place && std::is_same_v<X, T>) {
      V&& result = f(std::move(record.second));
      if (&result != &record.second) record.second = std::move(result);
      return std::forward<X>(record);
    } else if constexpr (takes_as_it_comes<F, V, std::conditional_t<std::is_same_v<X, T>, V, value>>())
      return out(std::forward<X>(record).first, f(std::forward<X>(record).second));
    else
      return out(record.first, f(V(record.second)));
  }

  [[no_unique_address]] F f;
};

template <class F>
class map_value_step {
 public:
  map_value_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, map_value_step self) {
    using T = record_of<S>;
    using V = value_of_pair<T>;
    constexpr bool stream_is_keyed = silent<S> || is_keyed<T>;
    static_assert(stream_is_keyed, "leat: map_value(f) needs a keyed stream: use key_on(f) before it");
    constexpr bool f_takes_the_value = silent<S> || !stream_is_keyed || takes<F, V>;
    static_assert(f_takes_the_value,
                  "leat: map_value(f): f must be callable with the value of the keyed stream, "
                  "as one argument: T, T const& or T&&");
    if constexpr (silent<S> || !stream_is_keyed || !f_takes_the_value)
      return refused(up);
    else {
      using result = result_of<F, V>;
      constexpr bool f_returns_a_value = !std::is_void_v<result>;
      static_assert(f_returns_a_value, "leat: map_value(f): f must return the new value");
      constexpr bool f_returns_at_once = !f_returns_a_value || !awaitable<std::remove_cvref_t<result>>;
      static_assert(f_returns_at_once,
                    "leat: map_value(f): f returns something to be awaited; use async_map, which awaits it");
      if constexpr (!f_returns_a_value || !f_returns_at_once)
        return stream<poison>{};
      else {
        using W = record_made_of<result>;
        if constexpr (!owns_what_it_shows<W>())
          return stream<poison>{};
        else
          return append<std::pair<key_of_pair<T>, W>>(std::forward<S>(up), map_value_op<T, W, F>(std::move(self.f_)),
                                                      step_info("map_value", self.name_, memory_of<F, V>));
      }
    }
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// On a keyed stream: `f(value) -> new value`, on the worker's thread. The key stays, and so does the worker. An `f`
/// that takes `V&&` and returns `V&&` works in place.
template <class F>
detail::map_value_step<detail::function_of<F>> map_value(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class F>
detail::map_value_step<detail::function_of<F>> map_value(
    F f, std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first map_value(F const&, Name const&) {
  return {};
}

}  // namespace leat
