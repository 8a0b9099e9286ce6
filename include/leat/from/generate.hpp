// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/source.hpp>
#include <leat/op/coroutine/coroutine_root.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/function/signature.hpp>
#include <leat/op/waiting.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

/// One worker's run of a coroutine that is a source.
template <class T, class F>
class generation {
 public:
  generation(F const& f, step_services const& services, bool runs_here)
      : f_(f), room_(services.host()), root_(room_, 0), runs_here_(runs_here) {}

  bool next_batch(emitter<T>& out) {
    if (!runs_here_) return false;
    if (!task_) {
      task_.emplace(f_(out));
      root_.begin(task_->frame());
    } else {
      room_.serve([&](ticket ticket) {
        if (root_.answers_to(ticket)) root_.resume();
      });
    }
    if (!root_.finished()) return true;
    task_->result();
    return false;
  }
  std::optional<steady_time> next_awake() const { return room_.next(); }
  bool ready() const { return room_.called(); }

 private:
  F f_;
  waiting_room room_;
  std::optional<task<>> task_;
  coroutine_root root_;
  bool runs_here_;
};

/// A source that is a coroutine: `from::generate(f)`.
template <class T, class F>
class generated_source {
 public:
  using record = T;

  explicit generated_source(F f) : f_(std::move(f)) {}

  /// Runs the coroutine on each worker, not on the first one only.
  generated_source on_every_worker() && {
    everywhere_ = true;
    return std::move(*this);
  }

  generation<T, F> build(step_services const& services) const {
    return generation<T, F>(f_, services, everywhere_ || services.worker_index() == 0);
  }

 private:
  F f_;
  bool everywhere_ = false;
};

template <class Signature>
struct ends_of_generator {
  static constexpr bool known = false;
  static constexpr bool returns_task = true;
};
template <class R, class T>
struct ends_of_generator<signature<R, emitter<T>&>> {
  static constexpr bool known = true;
  static constexpr bool returns_task = std::is_same_v<R, task<>>;
  using record = T;
};

/// What a function that cannot be a source becomes: the sentence has been said.
struct refused_source {
  using record = poison;
  refused_source on_every_worker() && { return {}; }
};
template <>
class input_node<refused_source> {
 public:
  using record = poison;
};

}  // namespace detail

namespace from {

/// A source that is a coroutine: `leat::task<> f(leat::emitter<T>& out)`. `out(record)` emits, an ordinary call;
/// `co_await leat::sleep(100ms)` and whatever else a task can wait for leaves the worker to others. It runs on the
/// first worker, or `.on_every_worker()`, on the worker's own thread; the source ends when it returns, and an exception
/// ends the run. When the run is stopped it is destroyed where it waits.
///
/// It keeps no position: after a restart the coroutine begins anew.
///
/// What is emitted between two waits has no bound but the coroutine's own, and nothing else happens on the worker
/// meanwhile: a coroutine that never waits does `co_await leat::next_turn()` after every thousand records or so.
template <class F>
auto generate(F f) {
  using ends = detail::ends_of_generator<typename detail::signature_of<F>::type>;
  constexpr bool f_takes_an_emitter = ends::known;
  static_assert(f_takes_an_emitter,
                "leat: from::generate(f): f must take a leat::emitter<T>&, with the type of the records spelled out: a "
                "generic lambda does not say what it emits");
  constexpr bool f_returns_a_task = ends::returns_task;
  static_assert(f_returns_a_task, "leat: from::generate(f): f must be a coroutine that returns leat::task<>");
  if constexpr (!f_takes_an_emitter || !f_returns_a_task)
    return detail::refused_source{};
  else
    return detail::generated_source<typename ends::record, F>(std::move(f));
}

}  // namespace from
}  // namespace leat
