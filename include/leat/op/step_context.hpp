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

  /// Throws on the exception being handled, as a run_error of this step unless it is one already.
  [[noreturn, gnu::cold, gnu::noinline]] void fail() const {
    try {
      throw;
    } catch (run_error const&) {
      throw;
    } catch (std::exception const& cause) {
      std::throw_with_nested(error(cause.what()));
    } catch (...) {
      std::throw_with_nested(error("an exception that is not a std::exception"));
    }
  }

  [[gnu::cold]] run_error error(std::string const& cause) const {
    return {concat({"step \"", name, "\" (", kind, ", ", place_of(where), ") failed on worker ",
                    std::to_string(worker->index()), " in epoch ", std::to_string(epoch), ": ", cause}),
            name, where, worker->index(), epoch};
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
