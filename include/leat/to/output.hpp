// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/partitioned_sink.hpp>
#include <leat/to/sink.hpp>

#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class Sink>
inline constexpr bool is_for_each = false;
template <class F>
inline constexpr bool is_for_each<to::for_each<F>> = true;

template <class Sink>
class output_step {
 public:
  output_step(step_name name, Sink sink) : name_(std::move(name)), sink_(std::move(sink)) {}

  template <a_stream S>
  friend auto operator|(S&& up, output_step self) {
    using T = record_of<S>;
    constexpr bool sink_takes_the_record =
        silent<S> || is_for_each<Sink> || dynamic_sink<Sink, T> || fixed_partitioned_sink<Sink, T>;
    static_assert(sink_takes_the_record,
                  "leat: output(name, sink): the sink does not take the record that the step before it produces");
    if constexpr (silent<S> || !sink_takes_the_record)
      return refused(up);
    else {
      graph& in = stream_access::graph_of(up);
      step_info step("output", self.name_);
      in.name_step(step);
      if constexpr (is_for_each<Sink>) {
        using function = decltype(self.sink_.f);
        finish(std::forward<S>(up), to_each<T, function>{std::move(self.sink_.f)}, std::move(step));
      } else {
        using sink_node = std::conditional_t<fixed_partitioned_sink<Sink, T>, partitioned_output_node<T, Sink>,
                                             output_node<T, Sink>>;
        port const from = seal(std::forward<S>(up));
        in.template add<sink_node>(std::move(self.sink_), std::move(step), from);
      }
      return stream<finished>{};
    }
  }

 private:
  step_name name_;
  Sink sink_;
};

/// What an output without a name becomes: a sentence.
struct nameless_output {
  template <a_stream S>
  friend stream<finished> operator|(S&&, nameless_output) {
    constexpr bool output_has_a_name = silent<S>;
    static_assert(output_has_a_name, "leat: output(name, sink): an output needs a name, as its first argument");
    return {};
  }
};

}  // namespace detail

/// Ends a stream in a sink. The name is what the sink is known by.
template <class Sink>
detail::output_step<Sink> output(step_name name, Sink sink) {
  return {std::move(name), std::move(sink)};
}
template <class Sink>
detail::nameless_output output(Sink const&) {
  return {};
}

}  // namespace leat
