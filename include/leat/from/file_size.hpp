// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/fwd.hpp>

#include <cstdint>
#include <string>

namespace leat::detail {

/// In bytes; 0 for what is no regular file, or cannot be asked. `-` is standard input.
[[gnu::cold]] std::uint64_t file_size(std::string const& path, file_system& files);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/from/file_size.ipp>
#endif
