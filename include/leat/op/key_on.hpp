// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>
#include <leat/op/fused/kernel.hpp>

#include <source_location>
#include <utility>

namespace leat {
namespace detail {

template <class T, class K, class F>
struct key_on_op {
  using in = T;
  using out = std::pair<K, T>;
  static constexpr op_shape shape = op_shape::one_to_one;
  template <class X>
  static constexpr bool accepts = reads_as_it_comes<F, T, X>();

  explicit key_on_op(F function) : f(std::move(function)) {}

  template <class X>
  [[gnu::always_inline]] out operator()(X&& record) {
    K key_of_record(f(std::as_const(record)));
    return out(std::move(key_of_record), std::forward<X>(record));
  }

  [[no_unique_address]] F f;
};

template <class F>
class key_on_step {
 public:
  key_on_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, key_on_step self) {
    using T = record_of<S>;
    constexpr bool f_takes_the_record = silent<S> || reads<F, T>;
    static_assert(f_takes_the_record,
                  "leat: key_on(f): f must be callable with a const reference to the record that the step before it "
                  "produces");
    if constexpr (silent<S> || !f_takes_the_record)
      return refused(up);
    else {
      using K = record_made_of<result_of_reading<F, T>>;
      constexpr bool f_returns_a_key = !awaitable<K> && keyable<K>;
      static_assert(f_returns_a_key,
                    "leat: key_on(f): f must return a key: a type that can be copied and compared with ==");
      if constexpr (!f_returns_a_key || !owns_what_it_shows<K>())
        return stream<poison>{};
      else
        return append<std::pair<K, T>>(std::forward<S>(up), key_on_op<T, K, F>(std::move(self.f_)),
                                       step_info("key_on", self.name_, memory_of<F, T const&>));
    }
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// Makes a keyed stream: pairs of the key, `f(record)`, and the record. `f` takes a const reference and is called on
/// the worker's thread. Records stay on their worker until a step that keeps state needs them elsewhere.
template <class F>
detail::key_on_step<detail::function_of<F>> key_on(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class F>
detail::key_on_step<detail::function_of<F>> key_on(F f,
                                                   std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first key_on(F const&, Name const&) {
  return {};
}

}  // namespace leat
