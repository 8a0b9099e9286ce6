// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/mark.hpp>
#include <leat/op/running/step_context.hpp>

#include <optional>

namespace leat::detail {

/// Where a mark waits in a step that is not through yet with what came before it. Nothing may come in while one waits.
class mark_gate {
 public:
  void arrive(mark arrived) { waiting_ = arrived; }
  bool holds() const { return waiting_.has_value(); }
  /// Whether what waits, if anything does, is the last mark.
  bool holds_last() const { return waiting_ && waiting_->last(); }
  /// The last mark has passed.
  bool done() const { return done_; }

  /// What waits, if anything does.
  mark const& waiting() const { return *waiting_; }

  /// Hands on the mark that waits, and tells which it was.
  template <class Next>
  mark pass(step_context& step, Next& next) {
    mark const passing = *waiting_;
    waiting_.reset();
    step.pass(passing, [&] { next.arrive(passing); });
    done_ = passing.last();
    return passing;
  }

 private:
  std::optional<mark> waiting_;
  bool done_ = false;
};

}  // namespace leat::detail
