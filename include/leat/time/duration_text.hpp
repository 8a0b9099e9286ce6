// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>

#include <string>

namespace leat::detail {

/// A duration in the largest unit of which it is a whole number: `90s`, `1min`, `0s`, `forever`.
std::string duration_text(std::chrono::nanoseconds duration);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/duration_text.ipp>
#endif
