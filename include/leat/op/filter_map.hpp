// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/is_optional.hpp>
#include <leat/op/function/elements.hpp>
#include <leat/op/fused/kernel.hpp>

#include <source_location>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class T, class U, class F>
struct filter_map_op {
  using in = T;
  using out = U;
  static constexpr op_shape shape = op_shape::expand;
  template <class X>
  static constexpr bool accepts = takes_as_it_comes<F, T, X>();

  explicit filter_map_op(F function) : f(std::move(function)) {}

  template <class X, class Next>
  [[gnu::always_inline]] void operator()(X&& record, Next& next) {
    if constexpr (!accepts<X>)
      (*this)(in(std::forward<X>(record)), next);
    else {
      auto result = f(std::forward<X>(record));
      emit_to<out, Next> const emit_record(next);
      if (result) emit_record(*std::move(result));
    }
  }

  [[no_unique_address]] F f;
};

template <class F>
class filter_map_step {
 public:
  filter_map_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, filter_map_step self) {
    using T = record_of<S>;
    constexpr bool f_takes_the_record = silent<S> || takes<F, T>;
    static_assert(f_takes_the_record,
                  "leat: filter_map(f): f must be callable with the record that the step before it produces, "
                  "as one argument: T, T const& or T&&");
    if constexpr (silent<S> || !f_takes_the_record)
      return refused(up);
    else {
      using result = std::remove_cvref_t<result_of<F, T>>;
      constexpr bool f_returns_an_optional = is_optional<result>;
      static_assert(f_returns_an_optional,
                    "leat: filter_map(f): f must return a std::optional: an empty one drops the record");
      if constexpr (!f_returns_an_optional)
        return stream<poison>{};
      else {
        using U = record_made_of<typename result::value_type>;
        if constexpr (!owns_what_it_shows<U>())
          return stream<poison>{};
        else
          return append<U>(std::forward<S>(up), filter_map_op<T, U, F>(std::move(self.f_)),
                           step_info("filter_map", self.name_, memory_of<F, T>));
      }
    }
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// One record in, one out or none: `f(record) -> std::optional<new record>`, on the worker's thread. For plain numbers,
/// `filter` and then `map` is faster on g++ 12.
template <class F>
detail::filter_map_step<detail::function_of<F>> filter_map(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class F>
detail::filter_map_step<detail::function_of<F>> filter_map(
    F f, std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first filter_map(F const&, Name const&) {
  return {};
}

}  // namespace leat
