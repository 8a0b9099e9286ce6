// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/picture/dot.hpp>
#include <leat/picture/steps.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

LEAT_COLD std::string dot_text(std::string_view text) {
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

LEAT_COLD std::string dot(drawing const& drawn) {
  std::string text =
      concat({"digraph ", dot_text(drawn.name), " {\n  label=", dot_text(drawn.name), ";\n  node [shape=box];\n"});
  std::string indent = "  ";
  auto const title = [&](drawing::box const& of) {
    bool const promises = drawn.guarantees && !of.guarantee.empty();
    return dot_text(concat({of.name, "\n(", of.kind, ")", of.parameters.empty() ? "" : "\n", of.parameters,
                            promises ? "\n" : "", promises ? of.guarantee : ""}));
  };
  for (drawing::event const& next : drawn.travel()) switch (next.kind) {
      case drawing::event_kind::open:
        text += concat({indent, "subgraph cluster_", std::to_string(next.of), " {\n", indent,
                        "  label=", title(drawn.frames[next.of]), ";\n"});
        indent += "  ";
        break;
      case drawing::event_kind::step:
        text += concat({indent, "s", std::to_string(next.of), " [label=", title(drawn.steps[next.of]),
                        ", tooltip=", dot_text(place_of(drawn.steps[next.of].location)), "];\n"});
        break;
      case drawing::event_kind::close:
        indent.resize(indent.size() - 2);
        text += concat({indent, "}\n"});
        break;
    }
  for (std::size_t to = 0; to != drawn.steps.size(); ++to)
    for (drawing::line const& in : drawn.steps[to].inputs) {
      std::string const on = text_on(in);
      text += concat({"  s", std::to_string(in.from), " -> s", std::to_string(to),
                      on.empty() ? "" : concat({" [label=", dot_text(on), "]"}), ";\n"});
    }
  return text + "}\n";
}

}  // namespace leat::detail
