// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/list.hpp>
#include <leat/op/running/stage.hpp>

#include <cstddef>

namespace leat::detail {

LEAT_INLINE alignment::alignment(std::size_t inputs) : open_(inputs) {
  for (std::size_t i = 0; i != inputs; ++i) inputs_.push_back({});
}

LEAT_INLINE bool alignment::arrive(std::size_t input, mark which, mark& result) {
  if (which.epoch > newest_.epoch) newest_.epoch = which.epoch;
  if (which.last()) {
    inputs_[input].last = true;
    stopped_ = stopped_ || which.kind == mark_kind::stop;
  } else {
    inputs_[input].held = true;
  }
  --open_;
  if (open_ != 0) return false;
  bool all_last = true;
  for (one& each : inputs_) {
    each.held = false;
    all_last = all_last && each.last;
    if (!each.last) ++open_;
  }
  newest_.kind = !all_last ? mark_kind::barrier : stopped_ ? mark_kind::stop : mark_kind::end;
  result = newest_;
  return true;
}

}  // namespace leat::detail
