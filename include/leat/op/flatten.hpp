// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/elements.hpp>
#include <leat/op/fused/kernel.hpp>

#include <source_location>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class T, class U>
struct flatten_op {
  using in = T;
  using out = U;
  static constexpr op_shape shape = op_shape::expand;
  template <class X>
  static constexpr bool accepts = std::is_same_v<std::remove_cvref_t<X>, T>;

  template <class X, class Next>
  [[gnu::always_inline]] void operator()(X&& record, Next& next) {
    emit_to<out, Next> const emit_record(next);
    emit_elements<X>(record, emit_record);
  }
};

class flatten_step {
 public:
  explicit flatten_step(step_name name) : name_(std::move(name)) {}

  template <a_stream S>
  friend auto operator|(S&& up, flatten_step self) {
    using T = record_of<S>;
    constexpr bool record_is_a_range = silent<S> || range_of_elements<T>;
    static_assert(record_is_a_range, "leat: flatten(): the records of the step before it must be ranges");
    if constexpr (silent<S> || !record_is_a_range)
      return refused(up);
    else {
      using U = record_made_of<element_of_range<T>>;
      return append<U>(std::forward<S>(up), flatten_op<T, U>(), step_info("flatten", self.name_));
    }
  }

 private:
  step_name name_;
};

}  // namespace detail

/// Passes on the elements of each record, which is a range. A string is a range too, of characters.
inline detail::flatten_step flatten(step_name name) { return detail::flatten_step(std::move(name)); }
inline detail::flatten_step flatten(std::source_location location = std::source_location::current()) {
  return detail::flatten_step(step_name::by_position(location));
}

}  // namespace leat
