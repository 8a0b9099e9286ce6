// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/graph.hpp>

#include <cstddef>
#include <source_location>
#include <string>
#include <string_view>

namespace leat::detail {

/// What is drawn of a flow: its steps one by one, however they are fused, the frames around them, and the lines
/// between.
struct drawing {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  struct line {
    explicit line(std::size_t step) : from(step) {}

    std::size_t from;        ///< a step
    std::size_t output = 0;  ///< of that step
    std::string label;       ///< which output, where there are several
    std::string routing;     ///< how records change workers on the way; empty: they do not
  };
  struct box {
    explicit box(step_info const& step);

    std::string id;
    std::string name;
    std::string kind;
    std::source_location location;
    std::string_view guarantee;  ///< of a run with recovery; empty: nothing is to be said
    std::string parameters;      ///< its clock, its windows ...; empty: there is nothing to be said
    std::string_view outputs;    ///< their names, apart by spaces; empty: they have none
    std::size_t within = none;   ///< a frame
    std::size_t loop = none;     ///< steps with the same number are fused: one loop; a frame has none
    list<line> inputs;           ///< a frame has none
  };

  [[gnu::cold]] drawing(graph const& flow, bool with_guarantees);

  std::string name;
  bool guarantees;  ///< are shown
  list<box> frames;
  list<box> steps;

  enum class event_kind { open, step, close };
  struct event {
    event_kind kind;
    std::size_t of;  ///< a frame or a step
  };
  /// Steps in the order of travel, frames opened and closed around what is inside them.
  list<event> travel() const;

 private:
  [[gnu::cold]] void travel_within(std::size_t frame, list<event>& events) const;

  /// Into the innermost frame around it. Frames come in the order in which they were opened.
  [[gnu::cold]] box put(box drawn) const;

  /// The steps of a node one after the other; gives where a line from it begins. An exchange is no step of the user's:
  /// it is drawn as what happens on the line.
  [[gnu::cold]] line add(node const& node, list<line> const& ends);

  static void move_on(line& way, std::string_view routing);

  [[gnu::cold]] void label_outputs();
};

/// The text on a line: "false, exchange by key".
std::string text_on(drawing::line const& in);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/picture/steps.ipp>
#endif
