// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace leat::detail {

/// Hands lines to the operating system, behind what the program has printed by other means. Any thread; the lines of
/// one call stay together. Throws std::runtime_error for what cannot be written, reader_gone where nobody reads any
/// more.
void print_lines(std::string_view lines);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/detail/standard_output.ipp>
#endif
