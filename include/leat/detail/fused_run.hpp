// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/graph.hpp>

#include <cstddef>
#include <utility>

namespace leat::detail {

/// The part of a fused run that does not depend on the types of its functions: it is compiled once.
class fused_run {
 public:
  fused_run(graph& in, port from, step_info first);
  /// Goes on with a run that was given away.
  fused_run(graph& in, fused_run&& given_away);
  fused_run(fused_run&& other) noexcept;
  fused_run& operator=(fused_run&& other) noexcept;
  ~fused_run();

  port from() const { return from_; }
  list<step_info>& steps() { return steps_; }
  bool sealed() const { return sealed_; }
  /// As which node, once it is sealed.
  port sealed_as() const { return sealed_as_; }
  void seal_as(port node_output) {
    sealed_as_ = node_output;
    sealed_ = true;
  }

  /// Takes the step in, which has its name already. The run may have been given away.
  void add(graph& in, step_info step);
  /// It becomes a node.
  void end(graph& in);

  /// Throws flow_error when the run has been moved into another step.
  graph& still_here() const;
  /// The run goes on under another name, or ends: this one is not to be used any more.
  graph& give_away();

 private:
  graph* graph_;
  port from_;
  std::size_t number_;
  list<step_info> steps_;
  port sealed_as_;
  bool sealed_ = false;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/detail/fused_run.ipp>
#endif
