// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/stage.hpp>

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace leat::detail {

/// Which step is running where: what an error, `inspect_debug` and a source of the user's want to know.
struct step_context {
  [[gnu::noinline]] step_context(step_info const& step, host& on)
      : name(step.name), kind(step.kind), where(step.where), worker(&on) {}

  std::string name;
  std::string kind;
  std::source_location where;
  host* worker;
  std::uint64_t epoch = 1;

  void pass(mark which) { epoch = which.epoch + 1; }

  /// Appends what an error shows of what stands at an address.
  using show_function = void (*)(std::string& to, void const* object);

  /// Throws on the exception being handled, as a run_error of this step unless it is one already. `show` appends the record
  /// that the step's function threw at, or its key. The run fails with it from here on: a function of the user's that called
  /// into this step, and catches it, cannot undo that a record is lost.
  [[noreturn, gnu::cold, gnu::noinline]] void fail(show_function show = nullptr, void const* record = nullptr) const {
    try {
      throw_as_run_error(show, record);
    } catch (...) {
      worker->fail(std::current_exception());
      throw;
    }
  }

  [[gnu::cold]] run_error error(std::string const& cause, std::string const& at = {}) const {
    return {concat({"step \"", name, "\" (", kind, ", ", place_of(where), ") failed on worker ",
                    std::to_string(worker->index()), " in epoch ", std::to_string(epoch), at, ": ", cause}),
            name, where, worker->index(), epoch};
  }

 private:
  [[noreturn, gnu::cold]] void throw_as_run_error(show_function show, void const* record) const {
    try {
      throw;
    } catch (run_error const&) {
      throw;
    } catch (std::exception const& cause) {
      std::throw_with_nested(error(cause.what(), shown(show, record)));
    } catch (...) {
      std::throw_with_nested(error("an exception that is not a std::exception", shown(show, record)));
    }
  }

  /// Empty where records are secret, or the record's own function that makes a text of it throws.
  [[gnu::cold]] std::string shown(show_function show, void const* record) const {
    std::string at;
    if (show == nullptr || !worker->shows_records()) return at;
    try {
      at = " at ";
      show(at, record);
    } catch (...) {
      at.clear();
    }
    return at;
  }
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
