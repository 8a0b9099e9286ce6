// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/graph.hpp>

#include <cstddef>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace leat::detail {

/// What is drawn of a flow: its steps one by one, however they are fused, the frames around them, and the lines between.
struct drawing {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  struct line {
    explicit line(std::size_t step) : from(step) {}

    std::size_t from;        ///< a step
    std::size_t output = 0;  ///< of that step
    std::string label;       ///< which output, where there are several
    std::string movement;    ///< how records change workers on the way; empty: they do not
  };
  struct box {
    explicit box(step_info const& step)
        : id(step.name), name(id.substr(id.rfind('.') + 1)), kind(step.kind), where(step.where) {}

    std::string id;
    std::string name;
    std::string kind;
    std::source_location where;
    std::size_t within = none;  ///< a frame
    list<line> inputs;   ///< a frame has none
  };

  [[gnu::cold]] explicit drawing(graph const& flow) : name(flow.name()) {
    for (step_info const& scope : flow.scopes()) frames.push_back(put(box(scope)));
    list<line> ends;
    for (node const* made : flow.nodes()) ends.push_back(add(*made, ends));
    label_outputs();
  }

  std::string name;
  list<box> frames;
  list<box> steps;

  enum class event_kind { open, step, close };
  struct event {
    event_kind what;
    std::size_t of;  ///< a frame or a step
  };
  /// Steps in the order of travel, frames opened and closed around what is inside them.
  list<event> travel() const {
    list<event> all;
    travel_within(none, all);
    return all;
  }

 private:
  [[gnu::cold]] void travel_within(std::size_t frame, list<event>& all) const {
    list<std::size_t> opened;
    for (std::size_t i = 0; i != steps.size(); ++i) {
      std::size_t at = steps[i].within;
      if (at == frame) {
        all.push_back({event_kind::step, i});
        continue;
      }
      while (at != none && frames[at].within != frame) at = frames[at].within;
      bool seen = at == none;
      for (std::size_t const other : opened) seen = seen || other == at;
      if (seen) continue;
      opened.push_back(at);
      all.push_back({event_kind::open, at});
      travel_within(at, all);
      all.push_back({event_kind::close, at});
    }
  }

  /// Into the innermost frame around it. Frames come in the order in which they were opened.
  [[gnu::cold]] box put(box made) const {
    for (std::size_t i = 0; i != frames.size(); ++i)
      if (made.id.starts_with(concat({frames[i].id, "."}))) made.within = i;
    return made;
  }

  /// The steps of a node one after the other; gives where a line from it begins. An exchange is no step of the user's: it
  /// is drawn as what happens on the line.
  [[gnu::cold]] line add(node const& made, list<line> const& ends) {
    list<line> inputs;
    for (port const& from : made.inputs) {
      inputs.push_back(ends[from.node]);
      if (from.index != 0) inputs.back().output = from.index;
    }
    for (step_info const& step : made.steps) {
      if (step.kind == "exchange") continue;
      steps.push_back(put(box(step)));
      steps.back().inputs = std::exchange(inputs, {});
      inputs.emplace_back(steps.size() - 1);
    }
    if (made.step().kind == "output") {
      for (line& in : steps.back().inputs) move_on(in, made.movement);
      return inputs.front();
    }
    move_on(inputs.front(), made.movement);
    return inputs.front();
  }

  static void move_on(line& way, std::string_view movement) {
    if (!way.movement.empty() && !movement.empty()) way.movement += ", then ";
    way.movement += movement;
  }

  [[gnu::cold]] void label_outputs() {
    list<std::size_t> most;
    for (std::size_t i = 0; i != steps.size(); ++i) most.push_back(0);
    for (box const& step : steps)
      for (line const& in : step.inputs)
        if (in.output > most[in.from]) most[in.from] = in.output;
    for (box& step : steps)
      for (line& in : step.inputs) {
        if (steps[in.from].kind == "branch")
          in.label = in.output == 0 ? "true" : "false";
        else if (most[in.from] != 0)
          in.label = concat({"output ", std::to_string(in.output)});
      }
  }
};

/// The text on a line: "false, exchange by key".
inline std::string text_on(drawing::line const& in) {
  return concat({in.label, in.label.empty() || in.movement.empty() ? "" : ", ", in.movement});
}

}  // namespace leat::detail
