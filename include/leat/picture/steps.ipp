// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/graph.hpp>
#include <leat/picture/steps.hpp>

#include <cstddef>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace leat::detail {

LEAT_COLD drawing::box::box(step_info const& step)
    : id(step.name),
      name(id.substr(id.rfind('.') + 1)),
      kind(step.kind),
      location(step.location),
      guarantee(guarantee_of(step)) {}

LEAT_COLD drawing::drawing(graph const& flow, bool with_guarantees) : name(flow.name()), guarantees(with_guarantees) {
  for (step_info const& scope : flow.scopes()) frames.push_back(put(box(scope)));
  list<line> ends;
  for (node const* node : flow.nodes()) ends.push_back(add(*node, ends));
  label_outputs();
}

LEAT_COLD list<drawing::event> drawing::travel() const {
  list<event> events;
  travel_within(none, events);
  return events;
}

LEAT_COLD void drawing::travel_within(std::size_t frame, list<event>& events) const {
  list<std::size_t> opened;
  for (std::size_t i = 0; i != steps.size(); ++i) {
    std::size_t at = steps[i].within;
    if (at == frame) {
      events.push_back({event_kind::step, i});
      continue;
    }
    while (at != none && frames[at].within != frame) at = frames[at].within;
    bool seen = at == none;
    for (std::size_t const other : opened) seen = seen || other == at;
    if (seen) continue;
    opened.push_back(at);
    events.push_back({event_kind::open, at});
    travel_within(at, events);
    events.push_back({event_kind::close, at});
  }
}

LEAT_COLD drawing::box drawing::put(box drawn) const {
  for (std::size_t i = 0; i != frames.size(); ++i)
    if (drawn.id.starts_with(concat({frames[i].id, "."}))) drawn.within = i;
  return drawn;
}

LEAT_COLD drawing::line drawing::add(node const& node, list<line> const& ends) {
  list<line> inputs;
  for (port const& from : node.inputs) {
    inputs.push_back(ends[from.node]);
    if (from.index != 0) inputs.back().output = from.index;
  }
  for (step_info const& step : node.steps) {
    if (step.kind == "exchange") continue;
    steps.push_back(put(box(step)));
    steps.back().loop = node.id;
    steps.back().inputs = std::exchange(inputs, {});
    inputs.emplace_back(steps.size() - 1);
  }
  if (node.steps.back().kind != "exchange") {
    steps.back().parameters = node.parameters;
    steps.back().outputs = node.outputs;
  }
  if (node.step().kind == "output") {
    for (line& in : steps.back().inputs) move_on(in, node.routing);
    return inputs.front();
  }
  move_on(inputs.front(), node.routing);
  return inputs.front();
}

LEAT_COLD void drawing::move_on(line& way, std::string_view routing) {
  if (!way.routing.empty() && !routing.empty()) way.routing += ", then ";
  way.routing += routing;
}

LEAT_COLD void drawing::label_outputs() {
  list<std::size_t> most;
  for (std::size_t i = 0; i != steps.size(); ++i) most.push_back(0);
  for (box const& step : steps)
    for (line const& in : step.inputs)
      if (in.output > most[in.from]) most[in.from] = in.output;
  for (box& step : steps)
    for (line& in : step.inputs) {
      if (std::string_view names = steps[in.from].outputs; !names.empty()) {
        for (std::size_t i = 0; i != in.output; ++i) names.remove_prefix(names.find(' ') + 1);
        in.label = names.substr(0, names.find(' '));
      } else if (most[in.from] != 0) {
        in.label = concat({"output ", std::to_string(in.output)});
      }
    }
}

LEAT_COLD std::string text_on(drawing::line const& in) {
  return concat({in.label, in.label.empty() || in.routing.empty() ? "" : ", ", in.routing});
}

}  // namespace leat::detail
