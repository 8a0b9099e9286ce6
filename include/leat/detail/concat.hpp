// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace leat::detail {

/// The pieces one after the other: `throw flow_error(concat({"step \"", name, "\" is not there"}))`. Sentences are made
/// here, out of line, because a chain of + costs much code and compile time wherever one stands.
std::string concat(std::initializer_list<std::string_view> pieces);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/detail/concat.ipp>
#endif
