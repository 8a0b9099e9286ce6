// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/step_counters.hpp>
#include <leat/op/running/traffic.hpp>

#include <cstddef>
#include <mutex>

namespace leat::detail {

LEAT_INLINE void step_counters::watch(port of, counter_kind kind, traffic const& live) {
  std::lock_guard const lock(mutex_);
  entries_.push_back({of, kind, &live.records, &live.batches, 0, 0});
}

LEAT_INLINE void step_counters::watch(port of, counter_kind kind, counter const& live) {
  std::lock_guard const lock(mutex_);
  entries_.push_back({of, kind, &live, nullptr, 0, 0});
}

LEAT_INLINE void step_counters::watch(port of, source_counters const& live) {
  watch(of, counter_kind::skipped, live.skipped);
  watch(of, counter_kind::bytes_read, live.bytes_read);
  watch(of, counter_kind::bytes_known, live.bytes_known);
}

LEAT_INLINE void step_counters::settle() {
  std::lock_guard const lock(mutex_);
  settled_ = entries_.size();
}

LEAT_INLINE void step_counters::close() {
  std::lock_guard const lock(mutex_);
  while (entries_.size() > settled_) entries_.pop_back();
  for (entry& each : entries_) {
    if (each.value != nullptr) each.last_value = each.value->value();
    if (each.batches != nullptr) each.last_batches = each.batches->value();
    each.value = each.batches = nullptr;
  }
}

LEAT_INLINE step_counters::sum step_counters::of_node(std::size_t node, counter_kind kind) const {
  sum all;
  std::lock_guard const lock(mutex_);
  for (std::size_t i = 0; i != settled_; ++i)
    if (entry const& each = entries_[i]; each.of.node == node && each.kind == kind) each.add_to(all);
  return all;
}

LEAT_INLINE step_counters::sum step_counters::of_output(port of) const {
  sum all;
  std::lock_guard const lock(mutex_);
  for (std::size_t i = 0; i != settled_; ++i)
    if (entry const& each = entries_[i];
        each.of.node == of.node && each.of.index == of.index && each.kind == counter_kind::passed)
      each.add_to(all);
  return all;
}

LEAT_INLINE void step_counters::entry::add_to(sum& all) const {
  all.known = true;
  all.value += value != nullptr ? value->value() : last_value;
  all.batches += batches != nullptr ? batches->value() : last_batches;
}

}  // namespace leat::detail
