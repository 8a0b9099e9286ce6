// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/stage.hpp>
#include <leat/op/step_context.hpp>

#include <exception>
#include <string>

namespace leat::detail {

[[gnu::noinline]] LEAT_INLINE void step_context::fail(show_function show, void const* record) const {
  try {
    throw_as_run_error(show, record);
  } catch (...) {
    worker->fail(std::current_exception());
    throw;
  }
}

LEAT_INLINE run_error step_context::error(std::string const& cause, std::string const& at) const {
  return {concat({"step \"", name, "\" (", kind, ", ", place_of(where), ") failed on worker ",
                  std::to_string(worker->index()), " in epoch ", std::to_string(epoch), at, ": ", cause}),
          name, where, worker->index(), epoch};
}

LEAT_INLINE void step_context::throw_as_run_error(show_function show, void const* record) const {
  try {
    throw;
  } catch (run_error const&) {
    throw;
  } catch (std::exception const& cause) {
    std::throw_with_nested(error(exception_text(cause), shown(show, record)));
  } catch (...) {
    std::throw_with_nested(error("an exception that is not a std::exception", shown(show, record)));
  }
}

LEAT_INLINE std::string step_context::shown(show_function show, void const* record) const {
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

}  // namespace leat::detail
