// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/peers/failure_detector.hpp>
#include <leat/run/stop_watch.hpp>

#include <string>

namespace leat::detail {

LEAT_COLD std::string stop_watch::under_way(held_up const& held) {
  if (held.records == 0) return "a coroutine does not ask for its next records";
  return std::to_string(held.records) + (held.records == 1 ? " record is under way" : " records are under way");
}

LEAT_COLD std::string stop_watch::waits(held_up const& held, std::chrono::nanoseconds since) {
  step_context const& step = *held.step;
  return concat({"leat: the stop that was asked for ", seconds_text(since), " ago waits for step \"", step.name, "\" (",
                 step.kind, ", ", place_of(step.location), ") on worker ", std::to_string(step.worker->index()), ": ",
                 under_way(held)});
}

LEAT_COLD std::string stop_watch::given_up(held_up const& held, std::chrono::nanoseconds limit) {
  return concat(
      {"the run was to stop, but ", under_way(held), " and nothing has come of it for ", seconds_text(limit),
       " (--stop-timeout): ", held.records == 0 ? "what it was given last" : "these records",
       held.records == 0 ? " is not finished" : " are not finished; within(...) bounds how long one may take"});
}

}  // namespace leat::detail
