// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace leat::detail {

/// What a run of fused steps is but for their functions, whose types make streams of so many types.
class fused_run {
 public:
  [[gnu::noinline]] fused_run(graph& in, port from, step_info first)
      : graph_(&in), from_(from), number_(in.begin_run(first)) {
    steps_.push_back(std::move(first));
  }
  /// Goes on with a run that was given away.
  fused_run(graph& in, fused_run&& given_away) : fused_run(std::move(given_away)) { graph_ = &in; }
  [[gnu::noinline]] fused_run(fused_run&& other) noexcept
      : graph_(other.graph_), from_(other.from_), number_(other.number_), steps_(std::move(other.steps_)),
        sealed_as_(other.sealed_as_) {}
  fused_run& operator=(fused_run&&) = default;

  port from() const { return from_; }
  list<step_info>& steps() { return steps_; }
  std::optional<port>& sealed_as() { return sealed_as_; }

  /// Takes the step in, which has its name already. The run may have been given away.
  [[gnu::noinline]] void add(graph& in, step_info step) {
    in.extend_run(number_, step);
    steps_.push_back(std::move(step));
  }
  /// It becomes a node.
  void end(graph& in) { in.end_run(number_); }

  /// Throws flow_error when the run has been moved into another step.
  graph& still_here() const {
    if (graph_ == nullptr) throw flow_error("a stream was used after it had been moved into another step");
    return *graph_;
  }
  /// The run goes on under another name, or ends: this one is not to be used any more.
  [[gnu::noinline]] graph& give_away() {
    graph& in = still_here();
    if (sealed_as_)
      throw flow_error(concat({"a stream that has been used by name may not be moved into another step afterwards: use it "
                               "by name again (after step \"", in.at(*sealed_as_).steps.back().name, "\")"}));
    graph_ = nullptr;
    return in;
  }

 private:
  graph* graph_;
  port from_;
  std::size_t number_;
  list<step_info> steps_;
  std::optional<port> sealed_as_;
};

}  // namespace leat::detail
