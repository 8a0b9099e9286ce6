// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/text.hpp>
#include <leat/time/cumulating.hpp>
#include <leat/time/duration_text.hpp>

#include <string>

namespace leat {

LEAT_COLD std::string cumulating::parameters() const {
  return detail::concat({"cumulating to ", detail::duration_text(longest_), " by ", detail::duration_text(step_),
                         " from ", text(align_)});
}

LEAT_COLD std::string cumulating::refusal() const {
  if (longest_.count() <= 0 || step_.count() <= 0) return "cumulating needs a length and a step of more than zero";
  if (longest_.count() % step_.count() != 0) return "cumulating needs a length that is a whole number of its steps";
  if (steps() > most_windows)
    return detail::concat({"cumulating puts a record into up to ", std::to_string(steps()), " windows; ",
                           std::to_string(most_windows), " at most"});
  if (!finite(align_)) return "cumulating needs a time between 1823 and 2116 to begin at";
  return {};
}

}  // namespace leat
