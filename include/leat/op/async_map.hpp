// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/coroutine/async_options.hpp>
#include <leat/op/coroutine/async_stage.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/op/function/function.hpp>
#include <leat/op/waiting.hpp>

#include <source_location>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class F, bool Outcomes>
class async_step {
 public:
  async_step(step_name name, F f, async_settings const& settings)
      : name_(std::move(name)), f_(std::move(f)), settings_(settings) {}

  template <a_stream S>
  friend auto operator|(S&& up, async_step self) {
    using T = record_of<S>;
    constexpr bool f_takes_the_record = silent<S> || requires(F& f, T&& record) { f(std::move(record)); };
    static_assert(f_takes_the_record,
                  "leat: async_map(f): f must be callable with the record that the step before it produces, "
                  "as one argument: T, T const& or T&&");
    if constexpr (silent<S> || !f_takes_the_record)
      return refused(up);
    else {
      using result = std::remove_cvref_t<decltype(std::declval<F&>()(std::declval<T&&>()))>;
      constexpr bool f_returns_a_task = is_task<result> && !std::is_same_v<result, task<void>>;
      static_assert(f_returns_a_task,
                    "leat: async_map(f): f must be a coroutine that returns leat::task<U>, U being the new record; an "
                    "f that returns at once belongs in map");
      if constexpr (!f_returns_a_task)
        return stream<poison>{};
      else {
        using U = typename result::value_type;
        using owned = record_made_of<U>;
        using R = std::conditional_t<Outcomes, outcome<owned>, owned>;
        if constexpr (!owns_what_it_shows<owned>())
          return stream<poison>{};
        else
          return append_async<R, U>(std::forward<S>(up), std::move(self.f_), self.settings_,
                                    step_info("async_map", self.name_, memory_of<F, T>));
      }
    }
  }

 private:
  step_name name_;
  F f_;
  async_settings settings_;
};

/// What an `async_map` with a wrong option becomes. Its sentence has been printed already.
struct refused_async_step {
  template <a_stream S>
  friend stream<poison> operator|(S&&, refused_async_step) {
    return {};
  }
};

template <class F, class... Options>
auto make_async_step(step_name name, F f, Options const&... options) {
  constexpr bool name_comes_first = !(names_a_step<Options> || ...);
  static_assert(name_comes_first,
                "leat: async_map(name, f, options...): the name is the first argument, the function the second");
  constexpr bool options_are_known = !name_comes_first || (async_option<Options> && ...);
  static_assert(options_are_known,
                "leat: async_map(f, options...): an option is one of leat::in_flight(n), leat::within(time), "
                "leat::ordered, leat::unordered, leat::as_outcome");
  if constexpr (!name_comes_first || !options_are_known)
    return refused_async_step{};
  else {
    constexpr bool outcomes = (std::is_same_v<Options, outcome_wanted> || ...);
    async_settings settings;
    (options.apply(settings), ...);
    return async_step<function_of<F>, outcomes>(std::move(name), std::move(f), settings);
  }
}

}  // namespace detail

/// One record in, one out, with a wait between: `f(record) -> leat::task<U>`. On each worker up to `in_flight(n)`
/// records are under way at once, each in a task of its own that is resumed on the worker's thread. Further options, in
/// any order: `ordered` (the default) or `unordered`, `within(time)` for each record, `as_outcome`.
///
/// A record that fails or takes too long ends the run, unless `as_outcome` is given: then results come as `outcome<U>`.
/// Each worker has its own copy of `f`. `f` may take the record by reference: it is kept until its task ends.
template <class F, class... Options>
auto async_map(step_name name, F f, Options... options) {
  return detail::make_async_step(std::move(name), std::move(f), options...);
}
template <class F, class A = detail::no_option, class B = detail::no_option, class C = detail::no_option,
          class D = detail::no_option>
  requires(!detail::names_a_step<F>)
auto async_map(F f, A a = {}, B b = {}, C c = {}, D d = {},
               std::source_location location = std::source_location::current()) {
  return detail::make_async_step(step_name::by_position(location), std::move(f), a, b, c, d);
}

}  // namespace leat
