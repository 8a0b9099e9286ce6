// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/slow_stop.hpp>
#include <leat/run/threads/periodic_call.hpp>
#include <leat/run/worker.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>

namespace leat::detail {

LEAT_COLD void slow_stop::begin() {
  std::lock_guard const lock(beginning_);
  if (looks_.started() || tell_after_.count() <= 0 || tell_after_ == (std::chrono::nanoseconds::max)()) return;
  look(false);
  try {
    looks_.start(tell_after_, tell_after_, [this] { look(true); });
  } catch (std::exception const&) {  // without a thread to spare it is not told
  }
}

LEAT_COLD void slow_stop::look(bool tell) {
  if (!run_.assembled()) return;
  for (unsigned i = 0; i != run_.parts().local_workers; ++i) {
    worker const& worker = run_.local(i);
    if (workers_.size() == i) workers_.push_back({0, false});
    std::uint64_t const turns = worker.turns();
    if (tell && turns % 2 == 1 && turns == workers_[i].turns && !workers_[i].told) {
      workers_[i].told = true;
      run_.world().log(does_not_return(worker));
    }
    workers_[i].turns = turns;
  }
}

LEAT_COLD std::string slow_stop::does_not_return(worker const& worker) const {
  node const* const at = worker.turning();
  return concat({"leat: the stop that was asked for waits for worker ", std::to_string(worker.index()),
                 ": a function has not returned for ", seconds_text(tell_after_), ", of ",
                 at != nullptr ? steps_of_turn(*at) : "one of its steps",
                 on_signals_ ? "; a second signal ends the process at once" : ""});
}

LEAT_COLD std::string slow_stop::steps_of_turn(node const& at) const {
  constexpr std::size_t most = 8;
  std::size_t count = 0;
  std::string text;
  auto const add = [&](node const& of) {
    for (step_info const& step : of.steps)
      if (step.kind != "exchange" && ++count <= most)
        text +=
            concat({count == 1 ? "" : ", ", "\"", step.name, "\" (", step.kind, ", ", place_of(step.location), ")"});
  };
  // The stage of a node whose records change workers is the receiving end: the node's own steps are in another turn.
  bool const receives = !at.routing.empty() && !is_an_end(at.steps.back());
  if (!receives) add(at);
  list<std::size_t> through;
  through.push_back(at.id);
  for (node const* const next : flow_.nodes()) {
    bool fed = false;
    for (port const& from : next->inputs)
      for (std::size_t const id : through) fed = fed || id == from.node;
    if (!fed) continue;
    add(*next);
    if (next->routing.empty()) through.push_back(next->id);
  }
  if (count > most) text += concat({" and ", std::to_string(count - most), " more behind them"});
  return concat({count == 1 ? "step " : "one of these steps: ", text});
}

}  // namespace leat::detail
