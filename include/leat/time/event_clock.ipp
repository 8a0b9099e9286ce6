// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/time/duration_text.hpp>
#include <leat/time/event_clock.hpp>

#include <string>

namespace leat::detail {

/// What changes the meaning of a state that was kept. How far ahead times may be is not part of it.
LEAT_COLD std::string event_clock_settings::parameters() const {
  return concat({"event_clock, late by ", duration_text(late), corrections.count() == 0 ? "" : ", corrections ",
                 corrections.count() == 0 ? "" : duration_text(corrections), data_only ? ", data only" : "",
                 while_open ? ", while open" : ""});
}

LEAT_COLD std::string event_clock_settings::refusal() const {
  if (late.count() < 0) return "late_by is negative";
  if (corrections.count() < 0) return "corrections is negative";
  if (trusted_ahead.count() < 0) return "trusted_ahead is negative";
  if (credible.count() < 0) return "credible is negative";
  if (forget_quiet_keys.count() < 0) return "forget_quiet_keys is negative";
  return {};
}

}  // namespace leat::detail
