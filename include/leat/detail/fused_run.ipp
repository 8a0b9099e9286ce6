// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/fused_run.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>

#include <utility>

namespace leat::detail {

[[gnu::noinline]] LEAT_INLINE fused_run::fused_run(graph& in, port from, step_info first)
    : graph_(&in), from_(from), number_(in.begin_run(first)) {
  steps_.push_back(std::move(first));
}

[[gnu::noinline]] LEAT_INLINE fused_run::fused_run(fused_run&& other) noexcept
    : graph_(other.graph_),
      from_(other.from_),
      number_(other.number_),
      steps_(std::move(other.steps_)),
      sealed_as_(other.sealed_as_),
      sealed_(other.sealed_) {}

LEAT_INLINE fused_run::fused_run(graph& in, fused_run&& given_away) : fused_run(std::move(given_away)) { graph_ = &in; }
LEAT_INLINE fused_run& fused_run::operator=(fused_run&&) noexcept = default;
LEAT_INLINE fused_run::~fused_run() = default;

LEAT_INLINE void fused_run::end(graph& in) { in.end_run(number_); }

[[gnu::noinline]] LEAT_INLINE void fused_run::add(graph& in, step_info step) {
  in.extend_run(number_, step);
  steps_.push_back(std::move(step));
}

LEAT_INLINE graph& fused_run::still_here() const {
  if (graph_ == nullptr) throw flow_error("a stream was used after it had been moved into another step");
  return *graph_;
}

[[gnu::noinline]] LEAT_INLINE graph& fused_run::give_away() {
  graph& in = still_here();
  if (sealed_)
    throw flow_error(
        concat({"a stream that has been used by name may not be moved into another step afterwards: use it "
                "by name again (after step \"",
                in.at(sealed_as_).steps.back().name, "\")"}));
  graph_ = nullptr;
  return in;
}

}  // namespace leat::detail
