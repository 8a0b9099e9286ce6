// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/time/window_step.hpp>

#include <string>
#include <string_view>

namespace leat::detail {

LEAT_COLD void refuse_windows(std::string_view kind, step_name const& name, std::string const& of_clock,
                              std::string const& of_windower, std::string const& of_early) {
  std::string const& wrong = !of_clock.empty() ? of_clock : !of_windower.empty() ? of_windower : of_early;
  if (wrong.empty()) return;
  throw flow_error(concat({kind, " \"", name.text, "\" (", place_of(name.location), "): ", wrong}));
}

LEAT_COLD void refuse_while_open(std::string_view kind, step_name const& name) {
  throw flow_error(
      concat({kind, " \"", name.text, "\" (", place_of(name.location),
              "): while_open is for steps that are leat::unordered and whose windower computes the windows "
              "of a time, since a value would go where others of its time have been applied"}));
}

LEAT_COLD std::string window_parameters_text(std::string const& clock, std::string const& windower, bool ordered,
                                             std::string const& early) {
  return concat(
      {clock, clock.empty() ? "" : "; ", windower, ordered ? "; ordered" : "", early.empty() ? "" : "; ", early});
}

}  // namespace leat::detail
