// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/picture/steps.hpp>

#include <string>
#include <string_view>

namespace leat::detail {

/// Text in quotes. What Mermaid or its HTML would read as more than text is written as Mermaid's entity codes.
[[gnu::cold]] std::string mermaid_text(std::string_view text);

/// The look of Bytewax's pictures: a `flowchart TD`, a subgraph for the flow and for each step made of others. Boxes
/// are numbered, since a step's name may hold what an identifier of Mermaid's may not.
[[gnu::cold]] std::string mermaid(drawing const& drawn);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/picture/mermaid.ipp>
#endif
