// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/map.hpp>
#include <leat/state/reduce_final.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

/// A record becomes its key and the count one.
template <class K, class F>
struct counted_once {
  template <class X>
  std::pair<K, std::uint64_t> operator()(X&& record) {
    return std::pair<K, std::uint64_t>(key(std::forward<X>(record)), 1);
  }
  F key;
};

template <class F>
class count_final_step {
 public:
  count_final_step(step_name name, F key) : name_(std::move(name)), key_(std::move(key)) {}

  template <a_stream S>
  friend auto operator|(S&& up, count_final_step self) {
    using T = record_of<S>;
    constexpr bool key_takes_the_record = silent<S> || takes<F, T>;
    static_assert(
        key_takes_the_record,
        "leat: count_final(name, key): key must be callable with the record that the step before it produces, "
        "as one argument: T, T const& or T&&");
    if constexpr (silent<S> || !key_takes_the_record)
      return refused(up);
    else {
      using K = record_made_of<result_of<F, T>>;
      constexpr bool key_returns_a_key = !awaitable<K> && keyable<K>;
      static_assert(key_returns_a_key,
                    "leat: count_final(name, key): key(record) must return a key: copyable and comparable with ==");
      if constexpr (!key_returns_a_key)
        return stream<poison>{};
      else {
        using counted = std::pair<K, std::uint64_t>;
        using function = counted_once<K, F>;
        graph& in = stream_access::graph_of(up);
        step_info box("count_final", self.name_);
        scope const inside(in, box);
        return append<counted>(std::forward<S>(up), map_op<T, counted, function>(function{std::move(self.key_)}),
                               step_info("key_on", step_name("key", self.name_.location), memory_of<F, T>)) |
               reduce_final(step_name("sum", self.name_.location), std::plus<>());
      }
    }
  }

 private:
  step_name name_;
  F key_;
};

}  // namespace detail

/// How many records there were of each key, at the end of the input: a stream of `std::pair<K, std::uint64_t>`, the key
/// and the count. `K` is what `key(record)` returns, `std::string` where that is a `std::string_view`. `key` is called
/// on the thread of the worker that has the record; an exception of it ends the run.
template <class F>
detail::count_final_step<detail::function_of<F>> count_final(step_name name, F key) {
  return {std::move(name), std::move(key)};
}
template <class F>
detail::incomplete_step<F> count_final(F const&) {
  return {};
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first count_final(F const&, Name const&) {
  return {};
}

}  // namespace leat
