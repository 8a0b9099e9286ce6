// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>

namespace leat::detail {

/// `1234567` as `1,234,567`.
[[gnu::cold]] std::string with_commas(std::uint64_t number);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/stats/numbers.ipp>
#endif
