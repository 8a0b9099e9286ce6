// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/function/function.hpp>
#include <leat/record.hpp>
#include <leat/text.hpp>
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

/// A sink that refuses records by sentences of its own does so in `takes_or_says_why<T>()`.
template <class Sink, class T>
concept speaks_for_itself = requires { &Sink::template takes_or_says_why<T>; };

/// What is asked of a sink, in the order a person should hear of it. A sink that writes text says so by
/// `static constexpr bool writes_text = true`: then it is the text that may be missing.
template <class Sink, class T>
consteval bool can_end_in() {
  constexpr bool this_is_a_sink = std::is_class_v<Sink> && !names_a_step<Sink>;
  static_assert(this_is_a_sink,
                "leat: output(name, sink): this is no sink: give it one of leat::to, such as leat::to::lines(path) for "
                "a file, or a class of your own with build(services)");
  constexpr bool writes_text = requires { requires Sink::writes_text; };
  constexpr bool record_has_a_text = !writes_text || printable<T>;
  static_assert(record_has_a_text,
                "leat: output(name, sink): this record has no text for the sink to write: give it std::string "
                "to_text(record const&) beside it, or an operator<<, or make a string of it by map before");
  constexpr bool sink_takes_the_record =
      !this_is_a_sink || !record_has_a_text || dynamic_sink<Sink, T> || fixed_partitioned_sink<Sink, T>;
  static_assert(sink_takes_the_record,
                "leat: output(name, sink): the sink does not take the record that the step before it produces");
  return this_is_a_sink && record_has_a_text && sink_takes_the_record;
}

/// The same for the function of a `to::for_each`.
template <class F, class T>
consteval bool can_end_in_function() {
  constexpr bool f_takes_the_record = takes<F, T>;
  static_assert(f_takes_the_record,
                "leat: to::for_each(f): f must be callable with the record that the step before it produces, "
                "as one argument: T, T const& or T&&");
  if constexpr (f_takes_the_record) {
    constexpr bool f_returns_at_once = !awaitable<std::remove_cvref_t<result_of<F, T>>>;
    static_assert(f_returns_at_once,
                  "leat: to::for_each(f): f returns something to be awaited, and nobody would: use async_map before, "
                  "which awaits it");
    return f_returns_at_once;
  } else
    return false;
}

template <class Sink, class T>
consteval bool ends_in() {
  if constexpr (not_there<T>)
    return false;
  else if constexpr (is_for_each<Sink>)
    return can_end_in_function<decltype(Sink::f), T>();
  else if constexpr (!speaks_for_itself<Sink, T>)
    return can_end_in<Sink, T>();
  else if constexpr (Sink::template takes_or_says_why<T>())
    return can_end_in<Sink, T>();
  else
    return false;
}

template <class Sink>
class output_step {
 public:
  output_step(step_name name, Sink sink) : name_(std::move(name)), sink_(std::move(sink)) {}

  template <a_stream S>
  friend auto operator|(S&& up, output_step self) {
    using T = record_of<S>;
    if constexpr (!ends_in<Sink, T>())
      return refused(up);
    else {
      graph& in = stream_access::graph_of(up);
      step_info step("output", self.name_);
      in.name_step(step);
      if constexpr (is_for_each<Sink>) {
        using function = decltype(self.sink_.f);
        step.resumed = memory_of<function, T> == after_restart::goes_on ? after_restart::repeats : after_restart::anew;
        finish(std::forward<S>(up), to_each<T, function>{std::move(self.sink_.f)}, std::move(step));
      } else {
        using sink_node =
            std::conditional_t<fixed_partitioned_sink<Sink, T>, partitioned_output_node<T, Sink>, output_node<T, Sink>>;
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
/// And one that has a name, but no sink.
struct sinkless_output {
  template <a_stream S>
  friend stream<finished> operator|(S&&, sinkless_output) {
    constexpr bool output_has_a_sink = silent<S>;
    static_assert(output_has_a_sink,
                  "leat: output(name, sink): an output needs a sink behind its name, such as leat::to::out()");
    return {};
  }
};
template <class First>
using incomplete_output = std::conditional_t<names_a_step<First>, sinkless_output, nameless_output>;

}  // namespace detail

/// Ends a stream in a sink. The name is what the sink is known by.
template <class Sink>
detail::output_step<Sink> output(step_name name, Sink sink) {
  return {std::move(name), std::move(sink)};
}
template <class First>
detail::incomplete_output<First> output(First const&) {
  return {};
}
template <class Sink, detail::names_a_step Name>
  requires(!detail::names_a_step<Sink>)
detail::name_comes_first output(Sink const&, Name const&) {
  return {};
}

}  // namespace leat
