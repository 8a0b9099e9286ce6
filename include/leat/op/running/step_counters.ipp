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
  for (entry& counted : entries_) {
    if (counted.value != nullptr) counted.last_value = counted.value->value();
    if (counted.batches != nullptr) counted.last_batches = counted.batches->value();
    counted.value = counted.batches = nullptr;
  }
}

LEAT_INLINE step_counters::sum step_counters::of_node(std::size_t node, counter_kind kind) const {
  sum total;
  std::lock_guard const lock(mutex_);
  for (std::size_t i = 0; i != settled_; ++i)
    if (entry const& counted = entries_[i]; counted.of.node == node && counted.kind == kind) counted.add_to(total);
  return total;
}

LEAT_INLINE step_counters::sum step_counters::of_output(port of) const {
  sum total;
  std::lock_guard const lock(mutex_);
  for (std::size_t i = 0; i != settled_; ++i)
    if (entry const& counted = entries_[i];
        counted.of.node == of.node && counted.of.index == of.index && counted.kind == counter_kind::passed)
      counted.add_to(total);
  return total;
}

LEAT_INLINE void step_counters::entry::add_to(sum& total) const {
  total.known = true;
  total.value += value != nullptr ? value->value() : last_value;
  total.batches += batches != nullptr ? batches->value() : last_batches;
}

}  // namespace leat::detail
