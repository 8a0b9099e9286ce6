// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/elements.hpp>
#include <leat/op/fused/kernel.hpp>

#include <source_location>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class T, class U, class F>
struct flat_map_op {
  using in = T;
  using out = U;
  static constexpr op_shape shape = op_shape::expand;
  static constexpr bool emits = takes_and_emits<F, T, U>();

  template <class X>
  static constexpr bool may_take() {
    if constexpr (emits && std::is_same_v<X, T const&>)
      return requires(F& function, X record, emit_for_asking<U>& emit_record) { function(record, emit_record); };
    else
      return takes_as_it_comes<F, T, X>();
  }
  template <class X>
  static constexpr bool accepts = may_take<X>();

  explicit flat_map_op(F function) : f(std::move(function)) {}

  template <class X, class Next>
  [[gnu::always_inline]] void operator()(X&& record, Next& next) {
    if constexpr (!accepts<X>)
      (*this)(in(std::forward<X>(record)), next);
    else {
      emit_to<out, Next> emit_record(next);
      if constexpr (emits)
        f(std::forward<X>(record), emit_record);
      else {
        decltype(auto) result = f(std::forward<X>(record));
        emit_elements<decltype(result)>(result, emit_record);
      }
    }
  }

  [[no_unique_address]] F f;
};

template <class Given, class F>
class flat_map_step {
 public:
  flat_map_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, flat_map_step self) {
    using T = record_of<S>;
    constexpr bool f_takes_the_record = silent<S> || takes<F, T> || takes_and_emits<F, T, Given>();
    static_assert(f_takes_the_record,
                  "leat: flat_map(f): f must be callable with the record that the step before it produces, or with "
                  "the record and emit");
    if constexpr (silent<S> || !f_takes_the_record)
      return refused(up);
    else if constexpr (!takes<F, T>) {
      constexpr bool record_type_is_given = !std::is_void_v<Given>;
      static_assert(record_type_is_given,
                    "leat: flat_map(f): an f that is given emit does not say what it emits: write flat_map<T>(f)");
      if constexpr (!record_type_is_given)
        return stream<poison>{};
      else
        return append<Given>(std::forward<S>(up), flat_map_op<T, Given, F>(std::move(self.f_)),
                             step_info("flat_map", self.name_, memory_of<F, T, emit_for_asking<Given>&>));
    } else {
      using range = result_of<F, T>;
      constexpr bool f_returns_a_range = range_of_elements<range>;
      static_assert(f_returns_a_range,
                    "leat: flat_map(f): f must return a range of new records, or be an f(record, emit): "
                    "flat_map<T>(f)");
      if constexpr (!f_returns_a_range)
        return stream<poison>{};
      else {
        using U = std::conditional_t<std::is_void_v<Given>, record_made_of<element_of_range<range>>, Given>;
        if constexpr (!owns_what_it_shows<U>() || !elements_become<range, U>())
          return stream<poison>{};
        else
          return append<U>(std::forward<S>(up), flat_map_op<T, U, F>(std::move(self.f_)),
                           step_info("flat_map", self.name_, memory_of<F, T>));
      }
    }
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// One record in, any number out. Either `f(record)` returns a range of new records, or `f(record, emit)` calls
/// `emit(new record)` for each, which allocates nothing; then the record type is given: `flat_map<std::string>(f)`.
/// Views of text, emitted or in the range, become `std::string` where they must be kept; a step that follows and takes
/// a `std::string_view` gets them as they are. Called on the worker's thread; an exception of `f` ends the run.
template <class Record = void, class F>
detail::flat_map_step<Record, detail::function_of<F>> flat_map(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class Record = void, class F>
detail::flat_map_step<Record, detail::function_of<F>> flat_map(
    F f, std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
template <class Record = void, class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first flat_map(F const&, Name const&) {
  return {};
}

}  // namespace leat
