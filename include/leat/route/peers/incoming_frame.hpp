// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/exchange/slab.hpp>
#include <leat/route/peers/frame.hpp>

#include <cstddef>
#include <span>

namespace leat::detail {

/// A frame that has come, where it was read into. Whoever keeps it keeps the memory.
struct incoming_frame {
  frame_header header;
  std::span<std::byte> payload;
  slab memory;
};

}  // namespace leat::detail
