// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/inspect.hpp>

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

struct print_record_and_place {
  template <printable T>
  void operator()(std::string_view step, T const& record, std::uint64_t epoch, unsigned worker) const {
    std::string line(step);
    line += " W";
    append_text(line, worker);
    line += " @";
    append_text(line, epoch);
    line += ": ";
    append_text(line, record);
    print_line(line);
  }
};

template <class F, class T>
concept reads_with_place = not_there<T> || requires(F& f, std::string_view step, T const& record, std::uint64_t epoch,
                                                    unsigned worker) { f(step, record, epoch, worker); };

template <class F>
struct look_with_place {
  explicit look_with_place(F function) : f(std::move(function)) {}

  template <class T>
  void operator()(step_context const& step, T const& record) {
    f(std::string_view(step.name), record, step.epoch, step.worker->index());
  }

  F f;
};

template <class F>
class inspect_debug_step {
 public:
  inspect_debug_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, inspect_debug_step self) {
    using T = record_of<S>;
    constexpr bool prints = std::is_same_v<F, print_record_and_place>;
    constexpr bool record_can_be_printed = silent<S> || !prints || printable<T>;
    static_assert(record_can_be_printed,
                  "leat: inspect_debug(): this record has no text: give it std::string to_text(record const&), or use "
                  "inspect_debug(f)");
    constexpr bool f_takes_the_record = silent<S> || prints || reads_with_place<F, T>;
    static_assert(f_takes_the_record,
                  "leat: inspect_debug(f): f must be callable with (step, record, epoch, worker), the record being a "
                  "const reference");
    if constexpr (silent<S> || !record_can_be_printed || !f_takes_the_record)
      return refused(up);
    else
      return append_look(std::forward<S>(up), look_with_place<F>(std::move(self.f_)),
                         step_info("inspect_debug", self.name_));
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// Looks at each record together with where it is, and passes it on unchanged: `f(step, record, epoch, worker)`, on the
/// worker's thread. Counts as an output. Without `f` it prints `flow.step W1 @3: record` to the standard output.
template <class F>
detail::inspect_debug_step<detail::function_of<F>> inspect_debug(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class F>
  requires(!std::is_convertible_v<F, step_name>)
detail::inspect_debug_step<detail::function_of<F>> inspect_debug(
    F f, std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
inline detail::inspect_debug_step<detail::print_record_and_place> inspect_debug(step_name name) {
  return {std::move(name), {}};
}
inline detail::inspect_debug_step<detail::print_record_and_place> inspect_debug(
    std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), {}};
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first inspect_debug(F const&, Name const&) {
  return {};
}
/// The operator itself stands behind the `|`.
template <detail::a_stream S>
stream<poison> operator|(S&&, detail::inspect_debug_step<detail::print_record_and_place> (*)(step_name)) {
  detail::say_that_a_step_is_a_call<S>();
  return {};
}

}  // namespace leat
