// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/time/window_info.hpp>

#include <string>

namespace leat {

LEAT_COLD std::string to_text(window_reason why) {
  switch (why) {
    case window_reason::on_time:
      return "on time";
    case window_reason::early:
      return "early";
    case window_reason::correction:
      return "correction";
    case window_reason::retraction:
      return "retraction";
    case window_reason::at_end:
      return "at the end";
  }
  return {};
}

LEAT_COLD std::string to_text(late_reason why) {
  switch (why) {
    case late_reason::behind:
      return "behind";
    case late_reason::ahead:
      return "ahead";
    case late_reason::undated:
      return "undated";
  }
  return {};
}

}  // namespace leat
