// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/clock_options.hpp>
#include <leat/time/dating.hpp>
#include <leat/time/late_by.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace leat::detail {

/// The kind of a step that dates its stream.
inline constexpr std::string_view kind_of_event_time = "event_time";

template <class T>
concept dating_option =
    std::same_as<T, leat::corrections> || std::same_as<T, idle_after> || std::same_as<T, trusted_ahead> ||
    std::same_as<T, credible> || std::same_as<T, keep_together> || std::same_as<T, data_only>;

/// What a step that dates its stream is told.
class dating_options {
 public:
  explicit dating_options(late_by wait);

  void take(leat::corrections option) { rules_.corrections = option.duration.count(); }
  void take(idle_after option) { idle_after_ = option.duration.count(); }
  void take(trusted_ahead option) { rules_.trusted_ahead = option.duration.count(); }
  void take(credible option) { rules_.credible = option.duration.count(); }
  void take(keep_together option) { rules_.keep_together = option.duration.count(); }
  void take(data_only) { rules_.data_only = true; }

  dating_rules rules() const;
  /// As text: what another process, and a run that goes on, has to have the same.
  std::string parameters() const;
  /// What is wrong with them, as the end of a sentence; empty: nothing.
  std::string refusal() const;

 private:
  dating_rules rules_;
  std::optional<std::int64_t> idle_after_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/dating_options.ipp>
#endif
