// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/store_file.hpp>

#include <string>

namespace leat::detail {

/// What a person wants to know of the store in a directory: the runs that have used it, the epoch that the next one
/// goes on from, and how much is kept of each step. Throws std::runtime_error where that cannot be told.
[[gnu::cold]] std::string store_status(store_kind& kind, std::string const& directory);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/store_status.ipp>
#endif
