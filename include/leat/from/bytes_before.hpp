// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/file_position.hpp>
#include <leat/op/running/file_system.hpp>

#include <string>

namespace leat::detail {

/// Reads what stands before a position now, as many bytes as the position knows, fewer where the file ends. Returns the
/// error, 0 where there is none; the file is at any byte afterwards.
[[gnu::cold]] int read_before(open_file& file, file_position const& position, std::string& bytes);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/from/bytes_before.ipp>
#endif
