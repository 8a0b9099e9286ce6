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
      : state_(resumed.value_or(running())),
        f_(step.f),
        most_(step.most),
        careless_(step.careless),
        in_order_(step.in_order) {}

  leat::retention on_item(datum element, leat::logic_results<datum>& out) {
    take(element, out);
    return state_.count == 0 ? leat::retention::discard : leat::retention::retain;
  }
  leat::retention on_batch(std::span<datum> values, leat::logic_results<datum>& out) {
    for (datum const& element : values) take(element, out);
    return state_.count == 0 ? leat::retention::discard : leat::retention::retain;
  }
  leat::retention on_eof(leat::logic_results<datum>& out) {
    if (state_.count != 0) emitting(careless_, [&] { out(Kind::make(state_.digest + 1)); });
    return leat::retention::retain;
  }
  running snapshot() const { return state_; }

 private:
  void take(datum const& element, leat::logic_results<datum>& out) {
    datum answer = Kind::make(state_.take(Kind::number(element), f_, in_order_));
    emitting(careless_, [&] { out(std::move(answer)); });
    if (state_.count == most_) state_ = {};
  }

  running state_;
  function f_;
  std::uint64_t most_;
  bool careless_;
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

  leat::retention on_item(datum element, leat::logic_results<datum>& out) {
    if (kept_.empty()) due_ = out.now() + delay_;
    kept_.push_back(std::move(element));
    return leat::retention::retain;
  }
  leat::retention on_notify(leat::logic_results<datum>& out) {
    release(out);
    return stays_ ? leat::retention::retain : leat::retention::discard;
  }
  leat::retention on_eof(leat::logic_results<datum>& out) {
    release(out);
    return leat::retention::discard;
  }
  std::optional<leat::wall_time> notify_at() const { return kept_.empty() ? std::nullopt : due_; }
  std::vector<datum> snapshot() const { return kept_; }

 private:
  void release(leat::logic_results<datum>& out) {
    for (datum& element : kept_) out(std::move(element));
    kept_.clear();
  }

  std::chrono::microseconds delay_;
  bool stays_;
  std::vector<datum> kept_;
  std::optional<leat::wall_time> due_;
};

/// Asks to be called at once for each value that came, which has to be done before the end of the input is.
template <class Kind>
class at_once_logic
    : public leat::stateful_logic<typename Kind::datum, typename Kind::datum, std::vector<typename Kind::datum>> {
 public:
  using datum = typename Kind::datum;
  explicit at_once_logic(std::optional<std::vector<datum>> resumed) {
    if (resumed) kept_ = std::move(*resumed);
  }

  leat::retention on_item(datum element, leat::logic_results<datum>& out) {
    if (kept_.empty()) due_ = out.now();
    kept_.push_back(std::move(element));
    return leat::retention::retain;
  }
  leat::retention on_notify(leat::logic_results<datum>& out) {
    for (datum const& element : kept_) out(Kind::make(Kind::number(element) + 1));
    kept_.clear();
    return leat::retention::retain;
  }
  /// What is still there then was forgotten, and is not what it should be.
  leat::retention on_eof(leat::logic_results<datum>& out) {
    for (datum& element : kept_) out(std::move(element));
    return leat::retention::discard;
  }
  std::optional<leat::wall_time> notify_at() const { return kept_.empty() ? std::nullopt : due_; }
  std::vector<datum> snapshot() const { return kept_; }

 private:
  std::vector<datum> kept_;
  std::optional<leat::wall_time> due_;
};

}  // namespace simulation
