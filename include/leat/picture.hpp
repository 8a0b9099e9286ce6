// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>

#include <string>

namespace leat {

/// How a flow is drawn: for a page in Markdown, for Graphviz, for a program.
enum class picture { mermaid, dot, json };

/// The flow as a text that ends in a line break. No source is touched. Steps are boxes, steps made of others are frames
/// around them, and where records change workers the line says how. Of a flow that is not finished the steps that no
/// output or branch has ended yet are missing; `--graph` refuses such a flow as a run does. `with_guarantees`: each
/// input and output, and each step whose memory no store keeps, says what a run with recovery promises of it.
[[gnu::cold]] std::string draw(flow const& flow, picture as, bool with_guarantees = false);

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/picture.ipp>
#endif
