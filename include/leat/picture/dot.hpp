// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/picture/steps.hpp>

#include <string>
#include <string_view>

namespace leat::detail {

/// Text in quotes, as Graphviz shows it.
[[gnu::cold]] std::string dot_text(std::string_view text);

/// For Graphviz: steps made of others are clusters, and the place in the source is a box's tooltip.
[[gnu::cold]] std::string dot(drawing const& drawn);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/picture/dot.ipp>
#endif
