// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/route/codec/byte_buffer.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// The partitions that a process can open, by the number of the step's node.
using partition_lists = std::vector<std::pair<std::uint32_t, std::vector<std::string>>>;

/// As other processes receive it. What is too long for one frame throws run_error here, as of this worker, with the
/// step that has the most: those who received it could only refuse it.
[[gnu::cold]] void encode_lists(partition_lists const& lists, graph const& flow, unsigned worker, byte_buffer& frame);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/control/partition_lists.ipp>
#endif
