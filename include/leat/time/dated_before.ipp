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

#include <algorithm>
#include <cstdint>
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

LEAT_COLD std::int64_t corrections_before(worker_builder& worker, node const& described) {
  std::int64_t most = 0;
  for (port const& from : described.inputs) {
    node const& before = worker.node_at(from);
    time_origin const* const origin = worker.origin_of(before);
    bool const dates = origin != nullptr && origin->corrections() >= 0;
    most = (std::max)(most, dates ? origin->corrections() : corrections_before(worker, before));
  }
  return most;
}

}  // namespace leat::detail
