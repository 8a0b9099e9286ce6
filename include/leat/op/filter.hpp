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
struct filter_op {
  using in = T;
  using out = T;
  static constexpr op_shape shape = op_shape::filter;
  template <class X>
  static constexpr bool accepts = reads_as_it_comes<F, T, X>();

  explicit filter_op(F function) : f(std::move(function)) {}

  template <class X>
  [[gnu::always_inline]] bool operator()(X const& record) {
    return f(record);
  }

  [[no_unique_address]] F f;
};

template <class F>
class filter_step {
 public:
  filter_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, filter_step self) {
    using T = record_of<S>;
    constexpr bool f_takes_the_record = silent<S> || reads<F, T>;
    static_assert(f_takes_the_record,
                  "leat: filter(f): f must be callable with a const reference to the record that the step before it "
                  "produces");
    if constexpr (silent<S> || !f_takes_the_record)
      return refused(up);
    else {
      using result = std::remove_cvref_t<result_of_reading<F, T>>;
      constexpr bool f_returns_bool = std::is_same_v<result, bool>;
      static_assert(f_returns_bool, "leat: filter(f): f must return bool: true keeps the record");
      if constexpr (!f_returns_bool)
        return stream<poison>{};
      else
        return append<T>(std::forward<S>(up), filter_op<T, F>(std::move(self.f_)),
                         step_info("filter", self.name_, memory_of<F, T const&>));
    }
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// Keeps the records for which `f(record)` is true. `f` takes a const reference and returns bool, on the worker's
/// thread.
template <class F>
detail::filter_step<detail::function_of<F>> filter(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class F>
detail::filter_step<detail::function_of<F>> filter(F f,
                                                   std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first filter(F const&, Name const&) {
  return {};
}

}  // namespace leat
