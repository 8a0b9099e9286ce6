// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/text.hpp>
#include <leat/time/duration_text.hpp>
#include <leat/time/sliding.hpp>

#include <string>

namespace leat {

LEAT_COLD std::string sliding::parameters() const {
  return detail::concat(
      {"sliding ", detail::duration_text(length_), " by ", detail::duration_text(offset_), " from ", text(align_)});
}

LEAT_COLD std::string sliding::refusal() const {
  if (length_.count() <= 0 || offset_.count() <= 0) return "sliding needs a length and an offset of more than zero";
  if (offset_ > length_)
    return "sliding needs an offset that is not longer than its length, or records between two windows would be lost";
  if (length_.count() / offset_.count() > most_windows)
    return detail::concat({"sliding puts each record into ", std::to_string(length_.count() / offset_.count()),
                           " windows; ", std::to_string(most_windows), " at most"});
  if (!finite(align_)) return "sliding needs a time between 1823 and 2116 to begin at";
  return {};
}

}  // namespace leat
