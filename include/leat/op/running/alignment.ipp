// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/alignment.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/worker_services.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace leat::detail {

LEAT_INLINE alignment::alignment(std::size_t inputs, step_info const& step, worker_services const& on)
    : step_(step), worker_(on), missing_(inputs) {
  for (std::size_t i = 0; i != inputs; ++i) inputs_.push_back({});
}

LEAT_INLINE bool alignment::arrive(std::size_t input, mark arrived, mark& passes) {
  if (began_ && arrived.epoch != epoch_) refuse(input, arrived.epoch);
  began_ = true;
  epoch_ = arrived.epoch;
  if (arrived.last()) {
    inputs_[input].last = true;
    stopped_ = stopped_ || arrived.kind == mark_kind::stop;
  } else {
    inputs_[input].held = true;
  }
  if (--missing_ != 0) return false;
  began_ = false;
  bool all_last = true;
  for (input_state& state : inputs_) {
    state.held = false;
    all_last = all_last && state.last;
    if (!state.last) ++missing_;
  }
  passes = {!all_last ? mark_kind::barrier : stopped_ ? mark_kind::stop : mark_kind::end, epoch_};
  return true;
}

LEAT_INLINE void alignment::refuse(std::size_t input, std::uint64_t epoch) const {
  throw run_error(concat({"step \"", step_.name, "\" (", step_.kind, ", ", place_of(step_.location), ") on worker ",
                          std::to_string(worker_.index()), ": its input ", std::to_string(input), " closed epoch ",
                          std::to_string(epoch), " while another closed epoch ", std::to_string(epoch_),
                          ": this is an error in leat, please report it"}),
                  step_.name, step_.location, worker_.index(), epoch_);
}

}  // namespace leat::detail
