// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/time/dating_options.hpp>
#include <leat/time/duration_text.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

namespace leat::detail {

LEAT_COLD dating_options::dating_options(late_by wait) {
  constexpr std::int64_t minute = 60'000'000'000;
  rules_.late_by = wait.duration.count();
  rules_.trusted_ahead = 5 * minute;
  rules_.credible = 24 * 60 * minute;
}

LEAT_COLD dating_rules dating_options::rules() const {
  constexpr std::int64_t second = 1'000'000'000;
  dating_rules found = rules_;
  found.idle_after = idle_after_.value_or((std::max)(found.late_by, second));
  return found;
}

LEAT_COLD std::string dating_options::parameters() const {
  auto const text = [](std::int64_t duration) { return duration_text(std::chrono::nanoseconds(duration)); };
  return concat({"late by ", text(rules_.late_by),
                 rules_.corrections == 0 ? "" : concat({", corrections ", text(rules_.corrections)}),
                 rules_.data_only ? ", data only" : ""});
}

LEAT_COLD std::string dating_options::refusal() const {
  if (rules_.late_by < 0) return "late_by is negative";
  if (rules_.corrections < 0) return "corrections is negative";
  if (idle_after_.value_or(0) < 0) return "idle_after is negative";
  if (rules_.trusted_ahead < 0) return "trusted_ahead is negative";
  if (rules_.credible < 0) return "credible is negative";
  if (rules_.keep_together < 0) return "keep_together is negative";
  return {};
}

}  // namespace leat::detail
