// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>
#include <leat/op/fused/kernel.hpp>

#include <source_location>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class T, class F>
struct filter_value_op {
  using in = T;
  using out = T;
  static constexpr op_shape shape = op_shape::filter;
  template <class X>
  static constexpr bool accepts = std::is_same_v<std::remove_cvref_t<X>, T>;

  explicit filter_value_op(F function) : f(std::move(function)) {}

  [[gnu::always_inline]] bool operator()(T const& record) { return f(record.second); }

  [[no_unique_address]] F f;
};

template <class F>
class filter_value_step {
 public:
  filter_value_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, filter_value_step self) {
    using T = record_of<S>;
    using V = value_of_pair<T>;
    constexpr bool stream_is_keyed = silent<S> || is_keyed<T>;
    static_assert(stream_is_keyed, "leat: filter_value(f) needs a keyed stream: use key_on(f) before it");
    constexpr bool f_takes_the_value = silent<S> || !stream_is_keyed || reads<F, V>;
    static_assert(f_takes_the_value,
                  "leat: filter_value(f): f must be callable with a const reference to the value of the keyed stream");
    if constexpr (silent<S> || !stream_is_keyed || !f_takes_the_value)
      return refused(up);
    else {
      constexpr bool f_returns_bool = std::is_same_v<std::remove_cvref_t<result_of_reading<F, V>>, bool>;
      static_assert(f_returns_bool, "leat: filter_value(f): f must return bool: true keeps the record");
      if constexpr (!f_returns_bool)
        return stream<poison>{};
      else
        return append<T>(std::forward<S>(up), filter_value_op<T, F>(std::move(self.f_)),
                         step_info("filter_value", self.name_, memory_of<F, V const&>));
    }
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// On a keyed stream: keeps the records for whose value `f(value)` is true. `f` takes a const reference and returns
/// bool.
template <class F>
detail::filter_value_step<detail::function_of<F>> filter_value(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class F>
detail::filter_value_step<detail::function_of<F>> filter_value(
    F f, std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first filter_value(F const&, Name const&) {
  return {};
}

}  // namespace leat
