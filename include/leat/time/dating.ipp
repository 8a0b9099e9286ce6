// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/op/running/lanes.hpp>
#include <leat/op/running/recovery.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/op/running/worker_services.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/describing_archive.hpp>
#include <leat/time/dating.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace leat::detail {

/// What is kept of a lane: its bound, the watermark of its worker, and whether it was left out.
struct kept_lane {
  std::int64_t bound = stream_time::nothing_known;
  std::int64_t sent = stream_time::nothing_known;
  bool idle = false;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & bound & sent & idle;
  }
};

inline constexpr std::int64_t nothing_known = stream_time::nothing_known;

constexpr std::int64_t sum_within_numbers(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? (std::numeric_limits<std::int64_t>::max)() : nothing_known;
}

LEAT_COLD dating::dating(dating_rules rules, worker_builder& worker, node const& described)
    : rules_(rules),
      worker_(worker.worker()),
      store_(worker.process().recovers),
      step_(described.steps.back().name),
      count_(worker.shared_count<late_count>(described, late_records, step_)) {
  judge_.late_by_ = (std::min)(rules_.late_by, dating_rules::most);
  judge_.corrections_ = (std::min)(rules_.corrections, dating_rules::most);
  list<node const*> seen;
  for (port const& from : described.inputs) find_lanes(worker, from, seen);
  worker.make_time(described, static_cast<time_origin&>(*this));
  worker.outboxes.push_back(this);
  worker.counters.watch({described.id, 0}, counter_kind::watermark, shown_watermark_);
  worker.counters.watch({described.id, 0}, counter_kind::idle, shown_idle_);
  shown_watermark_.set(static_cast<std::uint64_t>(nothing_known));
}

LEAT_COLD void dating::find_lanes(worker_builder& worker, port from, list<node const*>& seen) {
  node const& before = worker.node_at(from);
  for (node const* each : seen)
    if (each == &before) return;
  seen.push_back(&before);
  if (before.keeps_lanes) {
    for (port const& further : before.inputs) find_lanes(worker, further, seen);
    return;
  }
  time_origin* const origin = worker.origin_of(before);
  if (source_lanes* const of_source = origin == nullptr ? nullptr : origin->lanes()) {
    for (table const& known : tables_)
      if (known.lanes == of_source) return;
    of_source->want();
    tables_.push_back({of_source, before.step().name});
    return;
  }
  std::size_t const number = add_lane(nullptr, concat({"worker ", std::to_string(worker_.index())}));
  add_stages_before(worker, before, number);
}

LEAT_COLD void dating::add_stages_before(worker_builder& worker, node const& described, std::size_t number) {
  for (stage_lane const& known : stages_)
    if (known.stage == &described) return;
  stages_.push_back({&described, number});
  for (port const& from : described.inputs) add_stages_before(worker, worker.node_at(from), number);
}

LEAT_COLD std::size_t dating::add_lane(lane* partition, std::string name) {
  lanes_.push_back({partition, std::move(name)});
  load(lanes_.back());
  return lanes_.size() - 1;
}

LEAT_COLD void dating::load(dated_lane& added) {
  if (store_ == nullptr) return;
  auto const find = [&](std::string const& name) -> std::optional<kept_lane> {
    std::optional<kept_place> const kept = store_->position_of(step_, name, &describe_kept<kept_lane>);
    if (!kept) return std::nullopt;
    return decode_kept<kept_lane>(kept->bytes, kept->versions);
  };
  std::optional<kept_lane> kept;
  if (added.partition != nullptr) {
    kept = find(added.name);
  } else {
    // What is no partition was the same on all workers of the run before, however many those were.
    for (unsigned worker = 0;; ++worker) {
      std::optional<kept_lane> const of_worker = find(concat({"worker ", std::to_string(worker)}));
      if (!of_worker) break;
      if (!kept) kept = of_worker;
      kept->bound = (std::min)(kept->bound, of_worker->bound);
      kept->sent = (std::min)(kept->sent, of_worker->sent);
      kept->idle = kept->idle && of_worker->idle;
    }
  }
  if (!kept) return;
  added.bound = added.kept_bound = kept->bound;
  added.kept_sent = kept->sent;
  added.asleep = added.kept_idle = kept->idle;
}

LEAT_INLINE bool dating::all_loaded() {
  if (loaded_) return true;
  loaded_ = true;
  for (table& each : tables_) {
    loaded_ = loaded_ && each.lanes->opened();
    if (each.loaded || !each.lanes->opened()) continue;
    each.loaded = true;
    each.first = lanes_.size();
    for (lane* const partition : each.lanes->all()) add_lane(partition, concat({each.input, " ", partition->name}));
  }
  if (!loaded_) return false;
  // What the run before had closed stays closed.
  std::int64_t least_active = time_reader::no_moment;
  std::int64_t greatest = nothing_known;
  for (dated_lane const& each : lanes_) {
    if (!each.asleep) least_active = (std::min)(least_active, each.kept_sent);
    greatest = (std::max)(greatest, each.kept_sent);
  }
  sent_.watermark = least_active == time_reader::no_moment ? greatest : least_active;
  restored_ = sent_.watermark != nothing_known;
  moved_ = true;
  return true;
}

LEAT_COLD std::int64_t dating::add_reader(time_reader const& reader, std::int64_t longest) {
  readers_.push_back(&reader);
  next_ = nothing_known;
  if (rules_.data_only || longest <= 0) return 0;
  std::int64_t const waits = (std::max)(rules_.late_by, rules_.idle_after);
  return sum_within_numbers(longest, waits);
}

LEAT_INLINE std::size_t dating::lane_in_turn() {
  current_lane const of = worker_.lane_in_turn();
  if (of.partition != nullptr)
    for (table const& each : tables_)
      if (each.lanes == of.partition->of) return each.first + of.partition->number;
  for (stage_lane const& each : stages_)
    if (each.stage == of.stage) return each.lane;
  // A step before this one has sent it on its own: as if by the worker.
  if (stages_.empty())
    stages_.push_back({of.stage, add_lane(nullptr, concat({"worker ", std::to_string(worker_.index())}))});
  return stages_.front().lane;
}

LEAT_INLINE void dating::begin_batch() {
  all_loaded();
  if (restored_ && !readers_.empty()) pass(sent_);
  restored_ = false;
  current_ = lane_in_turn();
  dated_lane& of = lanes_[current_];
  if (of.partition == nullptr) of.quiet_read = quiet_of(of);
  of.asleep = false;
  judge_.bound_ = bound_of(of);
  judge_.horizon_ = sum_within_numbers((std::max)(judge_.bound_, sent_.watermark), -judge_.corrections_);
  constexpr std::int64_t no_limit = (std::numeric_limits<std::int64_t>::max)();
  // No record moves a bound that it would take time itself to move.
  bool const never_late = rules_.late_by >= dating_rules::most;
  judge_.trusted_ = never_late ? nothing_known : no_limit - 1;
  judge_.credible_ = no_limit - 1;
  if (rules_.credible >= dating_rules::most) return;
  std::int64_t const wall = std::chrono::nanoseconds(worker_.wall().time_since_epoch()).count();
  judge_.credible_ = sum_within_numbers(wall, rules_.credible);
  if (!never_late) judge_.trusted_ = sum_within_numbers(wall, (std::min)(rules_.trusted_ahead, rules_.credible));
}

LEAT_INLINE void dating::end_batch() {
  dated_lane& of = lanes_[current_];
  if (judge_.bound_ == bound_of(of)) return;
  of.bound = judge_.bound_;
  of.quiet_at = quiet_of(of);
  moved_ = true;
  if (rules_.keep_together < dating_rules::most) hold_lanes();
  if (of.bound < next_) return;
  // The watermark cannot pass the moment while the lane stands before it that was the last one.
  if (slowest_ != current_ && slowest_ < lanes_.size()) {
    dated_lane const& slowest = lanes_[slowest_];
    if (!ended(slowest) && !idle(slowest) && bound_of(slowest) < next_) return;
  }
  settle(false);
}

LEAT_INLINE std::int64_t dating::quiet_of(dated_lane const& of) const {
  if (of.partition != nullptr) return of.partition->quiet;
  return (std::max)(upstream_.quiet, std::int64_t{0});
}

LEAT_INLINE std::int64_t dating::bound_of(dated_lane const& of) const {
  if (rules_.data_only || of.bound == nothing_known) return of.bound;
  return sum_within_numbers(of.bound, quiet_of(of) - of.quiet_at);
}

LEAT_INLINE bool dating::idle(dated_lane const& of) const {
  if (of.asleep || (of.partition != nullptr ? of.partition->idle : upstream_.idle)) return true;
  if (rules_.data_only) return false;
  std::int64_t const since = of.partition != nullptr ? of.partition->quiet_when_read : of.quiet_read;
  return quiet_of(of) - since >= rules_.idle_after;
}

LEAT_INLINE stream_time dating::decide() {
  bool unended = false;
  for (dated_lane const& each : lanes_) unended = unended || !ended(each);
  bool active = false;
  std::int64_t least = time_reader::no_moment;
  std::int64_t greatest = nothing_known;
  for (std::size_t i = 0; i != lanes_.size(); ++i) {
    dated_lane const& each = lanes_[i];
    if (unended && ended(each)) continue;
    std::int64_t const bound = bound_of(each);
    greatest = (std::max)(greatest, bound);
    if (ended(each) || idle(each)) continue;
    active = true;
    if (bound < least || least == time_reader::no_moment) {
      least = bound;
      slowest_ = i;
    }
  }
  stream_time const now{(std::max)(sent_.watermark, active ? least : greatest), upstream_.quiet, !active};
  shown_watermark_.set(static_cast<std::uint64_t>(now.watermark));
  shown_idle_.set(now.idle ? 1 : 0);
  return now;
}

LEAT_INLINE void dating::settle(bool exactly) {
  if (!all_loaded()) return;
  stream_time const now = decide();
  if (exactly) moved_ = false;
  bool const waited_for = now.watermark >= next_ && now.watermark != sent_.watermark;
  if (readers_.empty() || now == sent_) return;
  if (!waited_for && !exactly && now.idle == sent_.idle && now.quiet == sent_.quiet) return;
  sent_ = now;
  next_ = time_reader::no_moment;
  for (time_reader const* const reader : readers_) next_ = (std::min)(next_, reader->next_after(now.watermark));
  pass(now);
}

LEAT_INLINE std::uint64_t dating::version() const {
  std::uint64_t sum = 0;
  for (table const& each : tables_) sum += each.lanes->version();
  return sum;
}

LEAT_INLINE bool dating::flush(bool whole) {
  bool progress = false;
  if (std::uint64_t const now = version(); now != version_) {
    version_ = now;
    moved_ = true;
    if (loaded_ && rules_.keep_together < dating_rules::most) progress = hold_lanes();
    whole = true;
  }
  if (!whole || !moved_ || !has_room()) return progress;
  stream_time const before = sent_;
  settle(true);
  return sent_ != before || progress;
}

LEAT_INLINE void dating::take_time(stream_time time) {
  upstream_ = {nothing_known, upstream_.quiet == 0 ? time.quiet : (std::max)(time.quiet, upstream_.quiet), time.idle};
  moved_ = true;
  settle(false);
}

LEAT_INLINE bool dating::hold_lanes() {
  bool changed = false;
  std::int64_t least = time_reader::no_moment;
  for (dated_lane const& each : lanes_)
    if (!ended(each) && !idle(each) && (each.partition == nullptr || each.partition->open))
      least = (std::min)(least, bound_of(each));
  for (dated_lane& each : lanes_) {
    if (each.partition == nullptr) continue;
    bool const ahead = bound_of(each) > sum_within_numbers(least, rules_.keep_together);
    if (ahead == each.held) continue;
    each.held = ahead;
    each.partition->held += ahead ? 1u : ~0u;
    changed = true;
  }
  return changed;
}

LEAT_INLINE void dating::close(mark arrived) {
  if (arrived.kind != mark_kind::stop) settle(true);
  if (store_ != nullptr && all_loaded()) keep(arrived.epoch);
}

LEAT_INLINE void dating::keep(std::uint64_t epoch) {
  for (dated_lane& each : lanes_) {
    kept_lane const now{bound_of(each), sent_.watermark, idle(each)};
    if (now.bound == each.kept_bound && now.sent == each.kept_sent && now.idle == each.kept_idle) continue;
    each.kept_bound = now.bound;
    each.kept_sent = now.sent;
    each.kept_idle = now.idle;
    byte_buffer bytes;
    encode(now, bytes);
    store_->keep_position(step_, each.name, epoch, bytes.bytes());
  }
}

}  // namespace leat::detail
