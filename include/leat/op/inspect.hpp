// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/standard_output.hpp>
#include <leat/op/function/function.hpp>
#include <leat/op/fused/kernel.hpp>
#include <leat/text.hpp>

#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

/// Prints one line to the standard output, whole even when several workers print. Throws where it cannot be written,
/// since a flow may end in it.
inline void print_line(std::string& line) {
  line += '\n';
  print_lines(line);
}

struct print_record {
  template <printable T>
  void operator()(std::string_view step, T const& record) const {
    std::string line(step);
    line += ": ";
    append_text(line, record);
    print_line(line);
  }
};

/// Looks at a record and passes it on unchanged. `Look` is called with the step and the record.
template <class T, class Look>
struct inspect_op {
  using in = T;
  using out = T;
  static constexpr op_shape shape = op_shape::one_to_one;
  template <class X>
  static constexpr bool accepts = std::is_same_v<std::remove_cvref_t<X>, T>;

  explicit inspect_op(Look function) : look(std::move(function)) {}

  void bind(step_context const& context) { step = &context; }

  template <class X>
  [[gnu::always_inline]] X&& operator()(X&& record) {
    look(*step, std::as_const(record));
    return std::forward<X>(record);
  }

  Look look;
  step_context const* step = nullptr;
};

template <class F, class T>
concept reads_with_name = not_there<T> || requires(F& f, std::string_view step, T const& record) { f(step, record); };

template <class F>
struct look_with_name {
  explicit look_with_name(F function) : f(std::move(function)) {}

  template <class T>
  void operator()(step_context const& step, T const& record) {
    if constexpr (reads<F, T>)
      f(record);
    else
      f(std::string_view(step.name), record);
  }

  F f;
};

/// A step that counts as an output runs whether or not anything follows it: it ends the fused run, and its node is made
/// at once.
template <class S, class Look>
auto append_look(S&& up, Look look, step_info step) {
  using T = record_of<S>;
  graph& in = stream_access::graph_of(up);
  auto looked_at = append<T>(std::forward<S>(up), inspect_op<T, Look>(std::move(look)), std::move(step));
  return stream_access::make<T>(in, stream_access::seal(std::move(looked_at)));  // nobody takes the records yet
}

template <class F>
class inspect_step {
 public:
  inspect_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, inspect_step self) {
    using T = record_of<S>;
    constexpr bool prints = std::is_same_v<F, print_record>;
    constexpr bool record_can_be_printed = silent<S> || !prints || printable<T>;
    static_assert(record_can_be_printed,
                  "leat: inspect(): this record has no text: give it std::string to_text(record const&), or use "
                  "inspect(f)");
    constexpr bool f_takes_the_record = silent<S> || prints || reads<F, T> || reads_with_name<F, T>;
    static_assert(f_takes_the_record,
                  "leat: inspect(f): f must be callable with a const reference to the record, or with the step's name "
                  "and that");
    if constexpr (silent<S> || !record_can_be_printed || !f_takes_the_record)
      return refused(up);
    else
      return append_look(std::forward<S>(up), look_with_name<F>(std::move(self.f_)),
                         step_info("inspect", self.name_,
                                   reads<F, T> ? memory_of<F, T const&> : memory_of<F, std::string_view, T const&>));
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// Looks at each record and passes it on unchanged: `f(record)` or `f(step, record)`, on the worker's thread. Counts
/// as an output: a flow may end in it. Without `f` it prints `flow.step: record` to the standard output; what cannot be
/// written is an error.
template <class F>
detail::inspect_step<detail::function_of<F>> inspect(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class F>
  requires(!std::is_convertible_v<F, step_name>)
detail::inspect_step<detail::function_of<F>> inspect(F f,
                                                     std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
inline detail::inspect_step<detail::print_record> inspect(step_name name) { return {std::move(name), {}}; }
inline detail::inspect_step<detail::print_record> inspect(
    std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), {}};
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first inspect(F const&, Name const&) {
  return {};
}
/// The operator itself stands behind the `|`.
template <detail::a_stream S>
stream<poison> operator|(S&&, detail::inspect_step<detail::print_record> (*)(step_name)) {
  detail::say_that_a_step_is_a_call<S>();
  return {};
}

}  // namespace leat
