// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <exception>
#include <string>

namespace leat {

/// What to tell a person of an exception that `run` threw: its message, which names step, place, worker, epoch and cause,
/// and one line more for each exception nested deeper that adds something.
[[gnu::cold]] std::string error_text(std::exception const& failure);

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/run/cli/error_text.ipp>
#endif
