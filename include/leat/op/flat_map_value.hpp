// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/flat_map.hpp>

#include <source_location>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

/// What takes the results of a function on the value: they go on with their key.
template <class Out, class K, class Next>
class next_with_key {
 public:
  next_with_key(K const& key, Next& next) : key_(key), next_(next) {}
  template <class X>
  [[gnu::always_inline]] void operator()(X&& value) const {
    next_(make<Out>(key_, std::forward<X>(value)));
  }
  template <class Record, class... Parts>
  [[gnu::always_inline]] Record make(Parts&&... parts) const {
    if constexpr (makes_records<Next, Record, Parts...>)
      return next_.template make<Record>(std::forward<Parts>(parts)...);
    else
      return Record(std::forward<Parts>(parts)...);
  }

 private:
  K const& key_;
  Next& next_;
};

/// A `flat_map` on the value; each result is given the key.
template <class T, class W, class F>
struct flat_map_value_op {
  using in = T;
  using out = std::pair<key_of_pair<T>, W>;
  using V = value_of_pair<T>;
  static constexpr op_shape shape = op_shape::expand;
  static constexpr bool emits = flat_map_op<V, W, F>::emits;
  template <class X>
  static constexpr bool accepts = std::is_same_v<std::remove_cvref_t<X>, T>;

  explicit flat_map_value_op(F function) : of_value(std::move(function)) {}

  template <class X, class Next>
  [[gnu::always_inline]] void operator()(X&& record, Next& next) {
    next_with_key<out, key_of_pair<T>, Next> with_key(record.first, next);
    of_value(std::forward<X>(record).second, with_key);
  }

  [[no_unique_address]] flat_map_op<V, W, F> of_value;
};

template <class Given, class F>
class flat_map_value_step {
 public:
  flat_map_value_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, flat_map_value_step self) {
    using T = record_of<S>;
    using K = key_of_pair<T>;
    using V = value_of_pair<T>;
    constexpr bool stream_is_keyed = silent<S> || is_keyed<T>;
    static_assert(stream_is_keyed, "leat: flat_map_value(f) needs a keyed stream: use key_on(f) before it");
    constexpr bool f_takes_the_value = silent<S> || !stream_is_keyed || takes<F, V> || takes_and_emits<F, V, Given>();
    static_assert(f_takes_the_value,
                  "leat: flat_map_value(f): f must be callable with the value of the keyed stream, or with the value "
                  "and emit");
    if constexpr (silent<S> || !stream_is_keyed || !f_takes_the_value)
      return refused(up);
    else if constexpr (!takes<F, V>) {
      constexpr bool value_type_is_given = !std::is_void_v<Given>;
      static_assert(value_type_is_given,
                    "leat: flat_map_value(f): an f that is given emit does not say what it emits: "
                    "write flat_map_value<W>(f)");
      if constexpr (!value_type_is_given)
        return stream<poison>{};
      else
        return append<std::pair<K, Given>>(
            std::forward<S>(up), flat_map_value_op<T, Given, F>(std::move(self.f_)),
            step_info("flat_map_value", self.name_, memory_of<F, V, emit_for_asking<Given>&>));
    } else {
      using range = result_of<F, V>;
      constexpr bool f_returns_a_range = range_of_elements<range>;
      static_assert(f_returns_a_range,
                    "leat: flat_map_value(f): f must return a range of new values, or be an "
                    "f(value, emit): flat_map_value<W>(f)");
      if constexpr (!f_returns_a_range)
        return stream<poison>{};
      else {
        using W = std::conditional_t<std::is_void_v<Given>, record_made_of<element_of_range<range>>, Given>;
        if constexpr (!owns_what_it_shows<W>() || !elements_become<range, W>())
          return stream<poison>{};
        else
          return append<std::pair<K, W>>(std::forward<S>(up), flat_map_value_op<T, W, F>(std::move(self.f_)),
                                         step_info("flat_map_value", self.name_, memory_of<F, V>));
      }
    }
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// On a keyed stream: `f(value)` returns a range of new values, or `f(value, emit)` emits them
/// (`flat_map_value<W>(f)`); each goes on under the same key.
template <class Value = void, class F>
detail::flat_map_value_step<Value, detail::function_of<F>> flat_map_value(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class Value = void, class F>
detail::flat_map_value_step<Value, detail::function_of<F>> flat_map_value(
    F f, std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
template <class Record = void, class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first flat_map_value(F const&, Name const&) {
  return {};
}

}  // namespace leat
