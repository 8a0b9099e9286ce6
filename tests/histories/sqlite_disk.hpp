// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/run/simulated/disk.hpp>

namespace histories {

/// From here on all files that SQLite opens in this program are those of this disk.
void keep_sqlite_on(leat::detail::simulated_disk& disk);

}  // namespace histories
