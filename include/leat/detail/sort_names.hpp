// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

namespace leat::detail {

/// Puts names into ascending order. (Heapsort, Williams 1964. To compile std::sort for strings takes a tenth of a
/// second in every program.)
[[gnu::cold]] void sort_names(std::vector<std::string>& names);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/detail/sort_names.ipp>
#endif
