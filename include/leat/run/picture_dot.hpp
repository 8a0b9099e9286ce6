// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/run/picture_steps.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

/// Text in quotes, as Graphviz shows it.
inline std::string dot_text(std::string_view text) {
  std::string quoted = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n')
      quoted += "\\n";
    else
      quoted += c;
  }
  return quoted + "\"";
}

/// For Graphviz: steps made of others are clusters, and the place in the source is a box's tooltip.
inline std::string dot(drawing const& drawn) {
  std::string text = "digraph " + dot_text(drawn.name) + " {\n  label=" + dot_text(drawn.name) + ";\n  node [shape=box];\n";
  std::string indent = "  ";
  auto const title = [](drawing::box const& of) { return dot_text(of.name + "\n(" + of.kind + ")"); };
  drawn.visit(
      [&](std::size_t frame) {
        text += indent + "subgraph cluster_" + std::to_string(frame) + " {\n";
        indent += "  ";
        text += indent + "label=" + title(drawn.frames[frame]) + ";\n";
      },
      [&](std::size_t step) {
        text += indent + "s" + std::to_string(step) + " [label=" + title(drawn.steps[step]) +
                ", tooltip=" + dot_text(place_of(drawn.steps[step].where)) + "];\n";
      },
      [&] {
        indent.resize(indent.size() - 2);
        text += indent + "}\n";
      });
  for (std::size_t to = 0; to != drawn.steps.size(); ++to)
    for (drawing::line const& in : drawn.steps[to].inputs) {
      std::string const on = text_on(in);
      text += "  s" + std::to_string(in.from) + " -> s" + std::to_string(to) +
              (on.empty() ? "" : " [label=" + dot_text(on) + "]") + ";\n";
    }
  return text + "}\n";
}

}  // namespace leat::detail
