// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/instructions.hpp>
#include <leat/op/fused/fused_op.hpp>
#include <leat/record.hpp>

#include <cstddef>
#include <type_traits>

/// What a filter in a fused loop of plain records remembers, to choose between moving survivors together and branching.
/// (Adaptive compaction as in vectorised query engines, MonetDB/X100 2005.)
namespace leat::detail {

/// Per filter: room for the survivors, and what the pass rate was.
template <class T>
struct survivors {
  buffer<T> room;
  unsigned batches_by_branch = 0;

  static constexpr unsigned batches_between_probes = 63;

  void observe(std::size_t seen, std::size_t passed) {
    bool const nearly_none = passed * 32 <= seen;
    bool const nearly_all = passed * 32 >= seen * 31;
    // Where the loop behind the filter is vectorised, moving survivors together pays even when all pass.
    if (nearly_none || (nearly_all && !loops_are_vectorised)) batches_by_branch = batches_between_probes;
  }
  bool branch() {
    if (batches_by_branch == 0) return false;
    --batches_by_branch;
    return true;
  }
};
struct no_survivors {};

template <class Op>
using survivors_of = std::conditional_t<Op::shape == op_shape::filter && plain<typename Op::in>,
                                        survivors<typename Op::in>, no_survivors>;

}  // namespace leat::detail
