// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/picture/mermaid.hpp>
#include <leat/picture/steps.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

LEAT_COLD std::string mermaid_text(std::string_view text) {
  std::string quoted = "\"";
  for (char const c : text) {
    bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view(" _-.,:()/").find(c) != std::string_view::npos ||
                       static_cast<unsigned char>(c) >= 0x80;
    if (plain)
      quoted += c;
    else
      quoted += concat({"#", std::to_string(static_cast<int>(c)), ";"});
  }
  return quoted + "\"";
}

LEAT_COLD std::string mermaid(drawing const& drawn) {
  std::string text = concat({"flowchart TD\n  subgraph f [", mermaid_text(concat({drawn.name, " (flow)"})), "]\n"});
  std::string indent = "    ";
  auto const label = [&](drawing::box const& of) {
    bool const promises = drawn.guarantees && !of.guarantee.empty();
    return concat({"[",
                   mermaid_text(concat({of.name, " (", of.kind, ")", of.parameters.empty() ? "" : ", ", of.parameters,
                                        promises ? ", " : "", promises ? of.guarantee : ""})),
                   "]\n"});
  };
  for (drawing::event const& next : drawn.travel()) switch (next.kind) {
      case drawing::event_kind::open:
        text += concat({indent, "subgraph f", std::to_string(next.of), " ", label(drawn.frames[next.of])});
        indent += "  ";
        break;
      case drawing::event_kind::step:
        text += concat({indent, "s", std::to_string(next.of), label(drawn.steps[next.of])});
        break;
      case drawing::event_kind::close:
        indent.resize(indent.size() - 2);
        text += concat({indent, "end\n"});
        break;
    }
  text += "  end\n";
  for (std::size_t to = 0; to != drawn.steps.size(); ++to)
    for (drawing::line const& in : drawn.steps[to].inputs) {
      std::string const on = text_on(in);
      text +=
          concat({"  s", std::to_string(in.from), on.empty() ? " --> " : concat({" -- ", mermaid_text(on), " --> "}),
                  "s", std::to_string(to), "\n"});
    }
  return text;
}

}  // namespace leat::detail
