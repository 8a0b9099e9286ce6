// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/step_context.hpp>
#include <leat/route/partitions.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/worker.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

inline execution::execution(graph const& flow, options const& how, runtime& world, unsigned process, unsigned processes)
    : flow_(flow), how_(how), world_(world), processes_(processes) {
  how_.workers = std::max(how_.workers, 1u);
  parts_.batch_records = how_.batch_size;
  parts_.first_worker = process * how_.workers;
  parts_.local_workers = how_.workers;
}

inline execution::~execution() = default;

/// A flow without a beginning or without a visible end is a mistake.
inline void refuse_incomplete(graph const& flow) {
  bool input = false;
  bool output = false;
  for (auto const& made : flow.nodes())
    for (step_info const& step : made->steps) {
      input = input || step.kind == "input";
      output = output || step.kind == "output" || step.kind == "raises" || step.kind.starts_with("inspect");
    }
  if (!input) throw flow_error("flow \"" + flow.name() + "\" has no input: begin it with flow.input(name, source)");
  if (!output) throw flow_error("flow \"" + flow.name() + "\" has no output: end it with | output(name, sink)");
}

inline void execution::build() {
  refuse_incomplete(flow_);
  for (unsigned i = 0; i != how_.workers; ++i)
    workers_.push_back(std::make_unique<worker>(*this, parts_.first_worker + i));

  for (auto const& made : flow_.nodes()) {
    if (!made->has_partitions()) continue;
    step_context const step(made->step(), *workers_.front());
    guarded(step, [&] {
      std::vector<std::vector<std::string>> const offered(worker_count(), made->list_parts());
      if (offered.front().empty()) throw flow_error("it has no partitions");
      parts_.owners[step.name] = assign_partitions(offered);
    });
  }
  for (auto const& w : workers_) w->build(flow_);
}

inline std::vector<driven*> execution::workers() {
  std::vector<driven*> all;
  for (auto const& w : workers_) all.push_back(w.get());
  return all;
}

inline void execution::stop() {
  stopping_.store(true, std::memory_order_release);
  wake_all();
}

inline void execution::fail(std::exception_ptr cause) {
  {
    std::lock_guard const lock(failing_);
    if (!cause_) cause_ = std::move(cause);
  }
  failed_.store(true, std::memory_order_release);
  wake_all();
}

inline void execution::rethrow() const {
  if (cause_) std::rethrow_exception(cause_);
}

inline void execution::wake(unsigned index) { world_.wake(*workers_[index - parts_.first_worker]); }

inline void execution::wake_all() {
  for (auto const& w : workers_) w->wake();
}

}  // namespace leat::detail
