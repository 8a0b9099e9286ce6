// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/peers/peers.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// By the number of the node: what partitions one process can open.
/// As other processes are told it. What is too long for one frame throws run_error here, with the step that has the most:
/// those who were sent it could only refuse it.
[[gnu::cold]] void encode_lists(partition_lists const& lists, graph const& flow, unsigned worker, byte_buffer& frame);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/peers/partition_lists.ipp>
#endif
