// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/time_reader.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/time/dated_before.hpp>
#include <leat/time/dating_options.hpp>
#include <leat/time/duration_text.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leat::detail {

/// How records come to a place: dated or not.
struct ways_to_a_place {
  bool dated = false;
  std::string undated_input;  ///< one whose records come as they are; empty: there is none
  list<node const*> seen;

  void follow(graph const& in, port from) {
    node const& before = *in.nodes()[from.node];
    for (node const* each : seen)
      if (each == &before) return;
    seen.push_back(&before);
    for (step_info const& step : before.steps)
      if (step.kind == kind_of_event_time) {
        dated = true;
        return;
      }
    if (before.inputs.empty()) undated_input = before.step().name;
    for (port const& further : before.inputs) follow(in, further);
  }
};

LEAT_COLD void refuse_undated(graph const& in, port from, std::string_view kind, step_name const& name) {
  ways_to_a_place ways;
  ways.follow(in, from);
  if (ways.undated_input.empty()) return;
  std::string const step = concat({kind, " \"", name.text, "\" (", place_of(name.location), ")"});
  if (ways.dated)
    throw flow_error(
        concat({step, " goes by the time of its stream, and not all that comes together in it is dated: the ",
                "records of input \"", ways.undated_input,
                "\" are not, so no time would pass. Put event_time(name, ts, late_by(d)) behind each input"}));
  throw flow_error(concat({step, " goes by the time of its stream, and nothing has dated it: put event_time(name, ts, ",
                           "late_by(d)) before it, or write stream_clock(ts, late_by(d))"}));
}

/// The most corrections that steps take which have dated the stream of this node.
LEAT_COLD std::int64_t corrections_before(worker_builder& worker, node const& described, list<node const*>& seen) {
  std::int64_t most = 0;
  for (port const& from : described.inputs) {
    node const& before = worker.node_at(from);
    if (std::any_of(seen.begin(), seen.end(), [&](node const* each) { return each == &before; })) continue;
    seen.push_back(&before);
    time_origin const* const origin = worker.origin_of(before);
    bool const dates = origin != nullptr && origin->corrections() >= 0;
    most = (std::max)(most, dates ? origin->corrections() : corrections_before(worker, before, seen));
  }
  return most;
}
LEAT_COLD std::chrono::nanoseconds corrections_before(worker_builder& worker, node const& described) {
  list<node const*> seen;
  return std::chrono::nanoseconds(corrections_before(worker, described, seen));
}

LEAT_COLD std::string_view reason_of(obstacle_to_corrections why) {
  switch (why) {
    case obstacle_to_corrections::order:
      return "it applies values in the order of their times, and a late one comes behind later ones. Give it "
             "leat::unordered";
    case obstacle_to_corrections::own_state:
      return "its windower has a state of its own, which forgets a window when it closes. Windows that are tumbling, "
             "sliding, cumulating or of a calendar, and sessions, take late values";
    case obstacle_to_corrections::sides:
      return "a join gives none. Its late values are in `late`";
    default:
      return "it has no windows. Its late values are in `late`";
  }
}

LEAT_COLD void refuse_corrections(std::string_view kind, step_name const& name, obstacle_to_corrections why) {
  throw flow_error(concat({kind, " \"", name.text, "\" (", place_of(name.location),
                           "): its clock takes corrections, and the step cannot give them: ", reason_of(why)}));
}

LEAT_COLD std::string step_text(node const& described) {
  step_info const& step = described.step();
  return concat({step.kind, " \"", step.name, "\" (", place_of(step.location), ")"});
}

LEAT_COLD void refuse_corrections_before(worker_builder& worker, node const& described, obstacle_to_corrections why) {
  if (why != obstacle_to_corrections::order && why != obstacle_to_corrections::own_state) return;
  if (corrections_before(worker, described).count() == 0) return;
  throw flow_error(
      concat({step_text(described),
              ": what has dated its stream takes corrections, and the step cannot give them: ", reason_of(why)}));
}

LEAT_COLD std::chrono::nanoseconds corrections_of(worker_builder& worker, node const& described,
                                                  std::optional<std::chrono::nanoseconds> own) {
  std::chrono::nanoseconds const before = corrections_before(worker, described);
  if (own && *own < before)
    throw flow_error(concat({step_text(described), ": what has dated its stream takes corrections for ",
                             duration_text(before), ", its clock for ", duration_text(*own),
                             ". What is late would depend on when the stream's time arrives: give the clock ",
                             "leat::corrections of as long, or of longer"}));
  return own.value_or(before);
}

}  // namespace leat::detail
