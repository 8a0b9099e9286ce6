// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/graph.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/control/partition_lists.hpp>
#include <leat/route/exchange/remote.hpp>
#include <leat/route/peers/frame.hpp>

#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE void encode_lists(partition_lists const& lists, graph const& flow, unsigned worker, byte_buffer& frame) {
  std::size_t const before = frame.size();
  encode(lists, frame);
  std::size_t const bytes = frame.size() - before;
  if (bytes <= frame_header::most_bytes) return;
  auto const* longest = &lists.front();
  for (auto const& each : lists)
    if (each.second.size() > longest->second.size()) longest = &each;
  throw channel_error(*flow.nodes()[longest->first], worker,
                      "it has " + std::to_string(longest->second.size()) +
                          " partitions, and the names of all partitions of the flow take " + std::to_string(bytes) +
                          " bytes: at most 16 MiB can be sent to other processes");
}

}  // namespace leat::detail
