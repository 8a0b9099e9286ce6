// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/run/picture_dot.hpp>
#include <leat/run/picture_json.hpp>
#include <leat/run/picture_mermaid.hpp>
#include <leat/run/picture_steps.hpp>

#include <string>

namespace leat {

/// How a flow is drawn: for a page in Markdown, for Graphviz, for a program.
enum class picture { mermaid, dot, json };

/// The flow as a text that ends in a line break. No source is touched. Steps are boxes, steps made of others are frames
/// around them, and where records change workers the line says how.
[[gnu::cold]] inline std::string draw(flow const& what, picture as) {
  detail::drawing const drawn(what.description());
  switch (as) {
    case picture::mermaid: return detail::mermaid(drawn);
    case picture::dot: return detail::dot(drawn);
    case picture::json: break;
  }
  return detail::json(drawn);
}

}  // namespace leat
