// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace leat::detail {

/// Travels with the data, in order. A barrier closes its epoch: all that precedes it on every input is in the epoch,
/// nothing that follows is. `stop` and `end` count as every later barrier; `stop` says that the input was cut short
/// on request, so what a step only does at the real end of its input is left undone.
enum class mark_kind : std::uint8_t { barrier, stop, end };

struct mark {
  mark_kind kind = mark_kind::barrier;
  std::uint64_t epoch = 0;
  bool last() const { return kind != mark_kind::barrier; }
  /// The last epoch that is over for whoever has passed this mark on: after the last mark, all of them.
  std::uint64_t passed() const { return last() ? ~std::uint64_t{0} : epoch; }
};

}  // namespace leat::detail
