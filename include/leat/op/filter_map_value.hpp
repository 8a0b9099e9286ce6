// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/is_optional.hpp>
#include <leat/op/filter_map.hpp>

#include <source_location>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

/// A `filter_map` on the value: the result is paired with the key.
template <class T, class W, class F>
struct filter_map_value_op {
  using in = T;
  using out = std::pair<key_of_pair<T>, W>;
  using V = value_of_pair<T>;
  static constexpr op_shape shape = op_shape::expand;
  template <class X>
  static constexpr bool accepts = std::is_same_v<std::remove_cvref_t<X>, T>;

  explicit filter_map_value_op(F function) : of_value(std::move(function)) {}

  template <class X, class Next>
  [[gnu::always_inline]] void operator()(X&& record, Next& next) {
    auto with_key = [&](auto&& value) {
      next(out(std::forward<X>(record).first, std::forward<decltype(value)>(value)));
    };
    of_value(std::forward<X>(record).second, with_key);
  }

  [[no_unique_address]] filter_map_op<V, W, F> of_value;
};

template <class F>
class filter_map_value_step {
 public:
  filter_map_value_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, filter_map_value_step self) {
    using T = record_of<S>;
    using V = value_of_pair<T>;
    constexpr bool stream_is_keyed = silent<S> || is_keyed<T>;
    static_assert(stream_is_keyed, "leat: filter_map_value(f) needs a keyed stream: use key_on(f) before it");
    constexpr bool f_takes_the_value = silent<S> || !stream_is_keyed || takes<F, V>;
    static_assert(f_takes_the_value,
                  "leat: filter_map_value(f): f must be callable with the value of the keyed stream, "
                  "as one argument: T, T const& or T&&");
    if constexpr (silent<S> || !stream_is_keyed || !f_takes_the_value)
      return refused(up);
    else {
      using result = std::remove_cvref_t<result_of<F, V>>;
      constexpr bool f_returns_an_optional = is_optional<result>;
      static_assert(f_returns_an_optional,
                    "leat: filter_map_value(f): f must return a std::optional: an empty one drops the record");
      if constexpr (!f_returns_an_optional)
        return stream<poison>{};
      else {
        using W = record_made_of<typename result::value_type>;
        if constexpr (!owns_what_it_shows<W>())
          return stream<poison>{};
        else
          return append<std::pair<key_of_pair<T>, W>>(std::forward<S>(up),
                                                      filter_map_value_op<T, W, F>(std::move(self.f_)),
                                                      step_info("filter_map_value", self.name_, memory_of<F, V>));
      }
    }
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// On a keyed stream: `f(value) -> std::optional<new value>`; a record whose result is empty is dropped.
template <class F>
detail::filter_map_value_step<detail::function_of<F>> filter_map_value(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class F>
detail::filter_map_value_step<detail::function_of<F>> filter_map_value(
    F f, std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first filter_map_value(F const&, Name const&) {
  return {};
}

}  // namespace leat
