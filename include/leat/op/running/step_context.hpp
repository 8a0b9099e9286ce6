// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/traffic.hpp>
#include <leat/op/running/worker_services.hpp>

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <utility>

namespace leat::detail {

/// Which step is running where: what an error, `inspect_debug` and a source of the user's want to know.
struct step_context {
  step_context(step_info const& step, worker_services& on);
  step_context(step_context&& other) noexcept;
  step_context(step_context const& other);
  ~step_context();

  std::string name;
  std::string kind;
  std::source_location location;
  step_info const* described;  ///< in the graph
  worker_services* worker;
  source_counters* source = nullptr;  ///< of an input's step
  std::uint64_t epoch;
  static constexpr std::uint64_t before_the_first = 0;  ///< an epoch: the run is still being prepared

  /// Hands a mark on, by `hand_over()`. The step is in the epoch that the mark closes until that is done: what fails
  /// meanwhile, as a flush may, is of that epoch.
  template <class F>
  void pass(mark passing, F&& hand_over) {
    std::forward<F>(hand_over)();
    epoch = passing.epoch + 1;
  }

  /// What `ready` of a step returns that has no room: the worker learns whom its stages wait for.
  bool no_room() const { return worker->no_room(*described); }

  /// Appends what an error shows of what stands at an address.
  using show_function = void (*)(std::string& to, void const* object);

  /// Throws on the exception being handled, as a run_error of this step unless it is one already. `show` appends the
  /// record that the step's function threw at, or its key. The run fails with it from here on: a function of the user's
  /// that called into this step, and catches it, cannot undo that a record is lost.
  [[noreturn, gnu::cold]] void fail(show_function show = nullptr, void const* record = nullptr) const;

  [[gnu::cold]] run_error error(std::string const& cause, std::string const& at = {}) const;

 private:
  [[noreturn, gnu::cold]] void throw_as_run_error(show_function show, void const* record) const;

  /// Empty where records are secret, or the record's own function that makes a text of it throws.
  [[gnu::cold]] std::string shown(show_function show, void const* record) const;
};

/// The contexts of the steps of one node, on one worker.
class step_contexts {
 public:
  step_contexts(node const& described, worker_services& on);
  step_contexts(step_contexts const&) = delete;
  step_contexts& operator=(step_contexts const&) = delete;
  ~step_contexts();

  step_context& operator[](std::size_t step) { return contexts_[step]; }
  step_context& front() { return contexts_[0]; }
  step_context& back() { return contexts_[size_ - 1]; }
  template <class F>
  void pass(mark passing, F&& hand_over) {
    std::forward<F>(hand_over)();
    begin_epoch(passing.epoch + 1);
  }

 private:
  void begin_epoch(std::uint64_t epoch);

  std::size_t size_;
  step_context* contexts_;
};

/// Of a node of several steps: names the one whose function could not be copied for a worker.
class copy_failure {
 public:
  copy_failure(node const& described, worker_services& on) : described_(described), worker_(on) {}
  [[noreturn, gnu::cold]] void operator()(std::size_t step) const;

 private:
  node const& described_;
  worker_services& worker_;
};

/// Calls `f`; an exception that leaves it becomes a run_error of the step.
template <class F>
[[gnu::always_inline]] inline decltype(auto) guarded(step_context const& step, F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (...) {
    step.fail();
  }
}

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/op/running/step_context.ipp>
#endif
