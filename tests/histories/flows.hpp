// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>

namespace histories {

/// Counts words, and writes the counts into the files `out/part_0`, `out/part_1` and `lines`, and how often each word
/// came into `totals` when the input ends.
leat::flow const& files_flow();

/// Counts words, and gives the counts to the ledger, and by up to three into `triples`; a while behind the first of
/// each word it writes the word into `alarms`.
leat::flow const& ledger_flow();

}  // namespace histories
