// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <exception>
#include <string>

namespace leat {

/// The text of an exception that `run` threw, for a person: its message, which names step, place, worker, epoch and
/// cause, and one more line for each nested exception that adds something.
[[gnu::cold]] std::string error_text(std::exception const& failure);

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/run/cli/error_text.ipp>
#endif
