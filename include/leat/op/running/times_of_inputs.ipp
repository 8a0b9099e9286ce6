// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/list.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/times_of_inputs.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace leat::detail {

LEAT_INLINE times_of_inputs::times_of_inputs(std::size_t inputs, bool waits_for_idle)
    : waits_for_idle_(waits_for_idle) {
  for (std::size_t i = 0; i != inputs; ++i) states_.push_back(input_state::open);
}

LEAT_INLINE bool times_of_inputs::advance(std::size_t input, stream_time time) {
  if (states_[input] != input_state::open) return false;
  while (times_.size() != states_.size()) times_.emplace_back();
  stream_time& known = times_[input];
  stream_time const before = known;
  bool const first = before == stream_time();  // it may say that it is never read
  known = {(std::max)(known.watermark, time.watermark), first ? time.quiet : (std::max)(known.quiet, time.quiet),
           time.idle};
  return known != before && decide();
}

LEAT_INLINE bool times_of_inputs::arrive(std::size_t input, mark arrived) {
  if (!arrived.last()) return false;
  states_[input] = arrived.kind == mark_kind::end ? input_state::ended : input_state::stopped;
  return !times_.empty() && decide();
}

LEAT_INLINE bool times_of_inputs::decide() {
  constexpr std::int64_t highest = (std::numeric_limits<std::int64_t>::max)();
  std::int64_t least = highest;  // of those that are not left out
  bool some = false;             // are not
  std::int64_t least_quiet = highest;
  std::int64_t greatest = stream_time::nothing_known;  // of the idle ones, and of those that have ended where all have
  std::int64_t most_quiet = 0;
  bool active = false;
  bool unended = false;
  bool read = false;
  for (input_state const state : states_) unended = unended || state != input_state::ended;
  for (std::size_t i = 0; i != states_.size(); ++i) {
    if (unended && states_[i] == input_state::ended) continue;
    if (times_[i].quiet != stream_time::never_read) {
      least_quiet = (std::min)(least_quiet, times_[i].quiet);
      most_quiet = (std::max)(most_quiet, times_[i].quiet);
      read = true;
    }
    bool const left_out = states_[i] == input_state::ended || (times_[i].idle && states_[i] != input_state::stopped);
    active = active || !left_out;
    if (left_out) greatest = (std::max)(greatest, times_[i].watermark);
    if (!left_out || (waits_for_idle_ && unended)) {
      some = true;
      least = (std::min)(least, times_[i].watermark);
    }
  }
  stream_time const before = now_;
  std::int64_t quiet = unended && now_.quiet == 0 ? stream_time::never_read : now_.quiet;
  if (read) quiet = (std::max)(now_.quiet, unended ? least_quiet : most_quiet);
  now_ = {(std::max)(now_.watermark, some ? least : greatest), quiet, unended && !active};
  return now_ != before;
}

}  // namespace leat::detail
