// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/time/duration_text.hpp>
#include <leat/time/session.hpp>

#include <string>

namespace leat {

LEAT_COLD std::string session::parameters() const {
  return detail::concat({"session with gaps of ", detail::duration_text(gap_)});
}

LEAT_COLD std::string session::refusal() const {
  return gap_.count() < 0 ? "session needs a gap that is not negative" : "";
}

}  // namespace leat
