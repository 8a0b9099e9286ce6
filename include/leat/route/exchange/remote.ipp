// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/route/exchange/remote.hpp>

#include <algorithm>
#include <cstring>
#include <exception>
#include <string>

namespace leat::detail {

LEAT_INLINE run_error channel_error(node const& described, unsigned worker, std::string const& text) {
  step_info const& step = described.steps.back();
  return run_error("step \"" + step.name + "\" (" + step.kind + ", " + place_of(step.location) + ") on worker " +
                       std::to_string(worker) + ": " + text,
                   step.name, step.location, worker, 0);
}

LEAT_INLINE void throw_channel_error(node const& described, unsigned worker, std::string const& text) {
  try {
    throw;
  } catch (...) {
    std::throw_with_nested(channel_error(described, worker, text + text_of_current_exception()));
  }
}

}  // namespace leat::detail
