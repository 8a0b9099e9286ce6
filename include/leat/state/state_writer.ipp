// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/state/state_base.hpp>
#include <leat/state/state_writer.hpp>

#include <cstdint>

namespace leat::detail {

LEAT_INLINE state_writer::state_writer(worker_builder& worker, step_context const& step, state_base& state,
                                       void (*described)(record_description& to))
    : step_(step), state_(state), store_(worker.process().recovers) {
  if (store_ == nullptr) return;
  state_.track(*this);
  guarded(step_, [&] { store_->load(step_.name, state_, described); });
  worker.snapshots.push_back(this);
}

LEAT_INLINE void state_writer::begin(mark passed) {
  guarded(step_, [&] {
    store_->before_barrier(step_.name, state_);
    state_.barrier(passed.epoch);  // which writes the rest of the snapshot before
  });
  written_ = passed_;
  passed_ = passed.passed();
}

LEAT_INLINE bool state_writer::write_some() {
  if (written_ == passed_) return false;
  guarded(step_, [&] {
    if (state_.sweep(store_->entries_per_turn())) written_ = passed_;
  });
  return true;
}

LEAT_INLINE void state_writer::take(state_part const& part) { store_->keep_state(step_.name, part); }

}  // namespace leat::detail
