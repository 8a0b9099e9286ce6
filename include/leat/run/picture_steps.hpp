// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>

#include <cstddef>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
    std::vector<line> inputs;   ///< a frame has none
  };

  explicit drawing(graph const& flow) : name(flow.name()) {
    for (step_info const& scope : flow.scopes()) frames.push_back(put(box(scope)));
    std::vector<line> ends;
    for (auto const& made : flow.nodes()) ends.push_back(add(*made, ends));
    label_outputs();
  }

  std::string name;
  std::vector<box> frames;
  std::vector<box> steps;

  /// Calls `open(frame)`, `step(index)`, `close()` in the order of travel, frames around what is inside them.
  template <class Open, class Step, class Close>
  void visit(Open&& open, Step&& step, Close&& close, std::size_t within = none) const {
    std::vector<bool> opened(frames.size(), false);
    for (std::size_t i = 0; i != steps.size(); ++i) {
      std::size_t at = steps[i].within;
      if (at == within) {
        step(i);
        continue;
      }
      while (at != none && frames[at].within != within) at = frames[at].within;
      if (at == none || opened[at]) continue;
      opened[at] = true;
      open(at);
      visit(open, step, close, at);
      close();
    }
  }

 private:
  /// Into the innermost frame around it. Frames come in the order in which they were opened.
  box put(box made) const {
    for (std::size_t i = 0; i != frames.size(); ++i)
      if (made.id.starts_with(frames[i].id + ".")) made.within = i;
    return made;
  }

  /// The steps of a node one after the other; gives where a line from it begins. An exchange is no step of the user's: it
  /// is drawn as what happens on the line.
  line add(node const& made, std::vector<line> const& ends) {
    std::vector<line> inputs;
    for (port const& from : made.inputs) {
      inputs.push_back(ends[from.node]);
      if (from.index != 0) inputs.back().output = from.index;
    }
    for (step_info const& step : made.steps) {
      if (step.kind == "exchange") continue;
      steps.push_back(put(box(step)));
      steps.back().inputs = std::exchange(inputs, {line(steps.size() - 1)});
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

  void label_outputs() {
    std::vector<std::size_t> most(steps.size(), 0);
    for (box const& step : steps)
      for (line const& in : step.inputs)
        if (in.output > most[in.from]) most[in.from] = in.output;
    for (box& step : steps)
      for (line& in : step.inputs) {
        if (steps[in.from].kind == "branch")
          in.label = in.output == 0 ? "true" : "false";
        else if (most[in.from] != 0)
          in.label = "output " + std::to_string(in.output);
      }
  }
};

/// The text on a line: "false, exchange by key".
inline std::string text_on(drawing::line const& in) {
  std::string text = in.label;
  if (!text.empty() && !in.movement.empty()) text += ", ";
  return text += in.movement;
}

}  // namespace leat::detail
