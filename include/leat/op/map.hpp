// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>
#include <leat/op/fused/kernel.hpp>

#include <source_location>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class T, class U, class F>
struct map_op {
  using in = T;
  using out = U;
  static constexpr op_shape shape = op_shape::one_to_one;
  template <class X>
  static constexpr bool accepts = takes_as_it_comes<F, T, X>();

  explicit map_op(F function) : f(std::move(function)) {}

  template <class X>
  [[gnu::always_inline]] decltype(auto) operator()(X&& record) {
    if constexpr (accepts<X>)
      return f(std::forward<X>(record));
    else
      return out(f(in(std::forward<X>(record))));
  }

  [[no_unique_address]] F f;
};

template <class F>
class map_step {
 public:
  map_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, map_step self) {
    using T = record_of<S>;
    constexpr bool f_takes_the_record = silent<S> || takes<F, T>;
    static_assert(f_takes_the_record,
                  "leat: map(f): f must be callable with the record that the step before it produces, "
                  "as one argument: T, T const& or T&&");
    if constexpr (silent<S> || !f_takes_the_record)
      return refused(up);
    else {
      using result = result_of<F, T>;
      constexpr bool f_returns_a_record = !std::is_void_v<result>;
      static_assert(f_returns_a_record,
                    "leat: map(f): f must return the new record; to only look at records use inspect");
      constexpr bool f_returns_at_once = !f_returns_a_record || !awaitable<std::remove_cvref_t<result>>;
      static_assert(f_returns_at_once,
                    "leat: map(f): f returns something to be awaited; use async_map, which awaits it");
      if constexpr (!f_returns_a_record || !f_returns_at_once)
        return stream<poison>{};
      else {
        using U = record_made_of<result>;
        if constexpr (!owns_what_it_shows<U>())
          return stream<poison>{};
        else
          return append<U>(std::forward<S>(up), map_op<T, U, F>(std::move(self.f_)),
                           step_info("map", self.name_, memory_of<F, T>));
      }
    }
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// One record in, one out: `f(record) -> new record`, called on the worker's thread. An `f` that takes `T&&` and
/// returns `T&&` works in place. A `std::string_view` that f returns becomes a `std::string` where it must be kept.
/// Where a stream has several consumers, an `f` whose parameter is spelled out may read the shared record; a generic
/// lambda gets a copy of its own. An exception of `f` ends the run.
template <class F>
detail::map_step<detail::function_of<F>> map(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class F>
detail::map_step<detail::function_of<F>> map(F f, std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first map(F const&, Name const&) {
  return {};
}

}  // namespace leat
