// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/fused/kernel.hpp>

#include <source_location>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class T>
struct key_rm_op {
  using in = T;
  using out = value_of_pair<T>;
  static constexpr op_shape shape = op_shape::one_to_one;
  template <class X>
  static constexpr bool accepts = std::is_same_v<std::remove_cvref_t<X>, T>;

  template <class X>
  [[gnu::always_inline]] decltype(auto) operator()(X&& record) {
    return (std::forward<X>(record).second);
  }
};

class key_rm_step {
 public:
  explicit key_rm_step(step_name name) : name_(std::move(name)) {}

  template <a_stream S>
  friend auto operator|(S&& up, key_rm_step self) {
    using T = record_of<S>;
    constexpr bool stream_is_keyed = silent<S> || is_keyed<T>;
    static_assert(stream_is_keyed, "leat: key_rm() needs a keyed stream: there is no key to take away");
    if constexpr (silent<S> || !stream_is_keyed)
      return refused(up);
    else
      return append<value_of_pair<T>>(std::forward<S>(up), key_rm_op<T>(), step_info("key_rm", self.name_));
  }

 private:
  step_name name_;
};

}  // namespace detail

/// Drops the keys: a stream of the values.
inline detail::key_rm_step key_rm(step_name name) { return detail::key_rm_step(std::move(name)); }
inline detail::key_rm_step key_rm(std::source_location location = std::source_location::current()) {
  return detail::key_rm_step(step_name::by_position(location));
}

}  // namespace leat
