// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/coroutine/coroutine_stage.hpp>
#include <leat/op/coroutine/inlet.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/function/name_comes_first.hpp>
#include <leat/op/function/signature.hpp>
#include <leat/op/waiting.hpp>

#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class Signature>
struct ends_of_step {
  static constexpr bool known = false;
  static constexpr bool returns_task = true;
  using in = poison;
  using out = poison;
};
template <class R, class T, class U>
struct ends_of_step<signature<R, inlet<T>&, emitter<U>&>> {
  static constexpr bool known = true;
  static constexpr bool returns_task = std::is_same_v<R, task<>>;
  using in = T;
  using out = U;
};

template <class F>
class coroutine_step {
 public:
  coroutine_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, coroutine_step self) {
    using ends = ends_of_step<typename signature_of<F>::type>;
    constexpr bool f_takes_an_inlet_and_an_outlet = silent<S> || ends::known;
    static_assert(f_takes_an_inlet_and_an_outlet,
                  "leat: step(name, f): f must take a leat::inlet<T>& and a leat::outlet<U>&, with the types of the "
                  "records spelled out: a generic lambda does not say what it emits");
    constexpr bool f_returns_a_task = silent<S> || ends::returns_task;
    static_assert(f_returns_a_task, "leat: step(name, f): f must be a coroutine that returns leat::task<>");
    constexpr bool f_takes_the_records_that_come =
        silent<S> || !ends::known || std::is_same_v<typename ends::in, record_of<S>>;
    static_assert(f_takes_the_records_that_come || !f_returns_a_task,
                  "leat: step(name, f): the inlet that f takes is of another record than the step before it produces");
    if constexpr (silent<S> || !ends::known || !f_returns_a_task || !f_takes_the_records_that_come)
      return refused(up);
    else
      return append_coroutine<typename ends::out>(std::forward<S>(up), std::move(self.f_),
                                                  step_info("step", self.name_));
  }

 private:
  step_name name_;
  F f_;
};

/// What a coroutine step without a name becomes, for the sake of one sentence.
struct nameless_coroutine {
  template <a_stream S>
  friend stream<poison> operator|(S&&, nameless_coroutine) {
    constexpr bool coroutine_step_has_a_name = silent<S>;
    static_assert(coroutine_step_has_a_name,
                  "leat: step(name, f): a step of your own needs a name, as its first argument");
    return {};
  }
};

}  // namespace detail

/// A step that is a coroutine: `leat::task<> f(leat::inlet<T>& in, leat::outlet<U>& out)`. It keeps its state in local
/// variables, waits for batches with `co_await in.next()` and for anything else a task can wait for, and emits with
/// `out(record)`, an ordinary call. Each worker has its own copy of `f` and runs it on its own thread.
///
/// An epoch is closed when the coroutine asks for its next batch. At the end of the input, or when the run is stopped,
/// `next()` gives an empty batch, and the coroutine has to return. If it returns before its input ends, the rest of the
/// input is discarded, and the stream behind it ends when the input does. Once the run is to stop, `leat::sleep` in it
/// returns at once, so that records it holds back are passed on. An exception ends the run.
template <class F>
detail::coroutine_step<F> step(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class F>
detail::nameless_coroutine step(F const&) {
  return {};
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first step(F const&, Name const&) {
  return {};
}

}  // namespace leat
