// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/text.hpp>
#include <leat/time/duration_text.hpp>
#include <leat/time/tumbling.hpp>

#include <string>

namespace leat {

LEAT_COLD std::string tumbling::parameters() const {
  return detail::concat({"tumbling ", detail::duration_text(length_), " from ", text(align_)});
}

LEAT_COLD std::string tumbling::refusal() const {
  if (length_.count() <= 0) return "tumbling needs a length of more than zero";
  if (!finite(align_)) return "tumbling needs a time between 1823 and 2116 to begin at";
  return {};
}

}  // namespace leat
