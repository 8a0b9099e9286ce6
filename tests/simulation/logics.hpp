// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/meaning.hpp"
#include "simulation/plan.hpp"

#include <leat/state/stateful_logic.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

/// The objects that a planned flow keeps per key.
namespace simulation {

/// Has a result for each value, begins anew after some, and has a last word. For `stateful` and `stateful_batch`.
template <class Kind>
class running_logic : public leat::stateful_logic<typename Kind::datum, typename Kind::datum, running> {
 public:
  using datum = typename Kind::datum;
  running_logic(std::optional<running> const& resumed, planned_step const& step)
      : state_(resumed.value_or(running())), f_(step.f), most_(step.most), in_order_(step.in_order) {}

  leat::after on_item(datum one, leat::results<datum>& out) {
    take(one, out);
    return state_.count == 0 ? leat::after::discard : leat::after::retain;
  }
  leat::after on_batch(std::span<datum> values, leat::results<datum>& out) {
    for (datum const& one : values) take(one, out);
    return state_.count == 0 ? leat::after::discard : leat::after::retain;
  }
  leat::after on_eof(leat::results<datum>& out) {
    if (state_.count != 0) out(Kind::made(state_.digest + 1));
    return leat::after::retain;
  }
  running snapshot() const { return state_; }

 private:
  void take(datum const& one, leat::results<datum>& out) {
    out(Kind::made(state_.take(Kind::number(one), f_, in_order_)));
    if (state_.count == most_) state_ = {};
  }

  running state_;
  function f_;
  std::uint64_t most_;
  bool in_order_;
};

/// Keeps values back for a while.
template <class Kind>
class later_logic
    : public leat::stateful_logic<typename Kind::datum, typename Kind::datum, std::vector<typename Kind::datum>> {
 public:
  using datum = typename Kind::datum;
  later_logic(std::optional<std::vector<datum>> resumed, planned_step const& step)
      : delay_(std::chrono::microseconds(step.most * 40)), stays_(step.keys % 2 == 0) {
    if (resumed) kept_ = std::move(*resumed);
  }

  leat::after on_item(datum one, leat::results<datum>& out) {
    if (kept_.empty()) due_ = out.now() + delay_;
    kept_.push_back(std::move(one));
    return leat::after::retain;
  }
  leat::after on_notify(leat::results<datum>& out) {
    release(out);
    return stays_ ? leat::after::retain : leat::after::discard;
  }
  leat::after on_eof(leat::results<datum>& out) {
    release(out);
    return leat::after::discard;
  }
  std::optional<leat::wall_time> notify_at() const { return kept_.empty() ? std::nullopt : due_; }
  std::vector<datum> snapshot() const { return kept_; }

 private:
  void release(leat::results<datum>& out) {
    for (datum& one : kept_) out(std::move(one));
    kept_.clear();
  }

  std::chrono::microseconds delay_;
  bool stays_;
  std::vector<datum> kept_;
  std::optional<leat::wall_time> due_;
};

}  // namespace simulation
