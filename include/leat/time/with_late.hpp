// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/fwd.hpp>
#include <leat/time/window_info.hpp>

#include <utility>

namespace leat {

/// The two streams behind a step that goes by event time and has no windows. Piped on as it is, it is `down`. Late
/// records that nobody reads are counted, and a line on standard error tells of them when the run ends.
template <class K, class W, class V>
struct with_late {
  keyed_stream<K, W> down;              ///< results
  keyed_stream<K, leat::late<V>> late;  ///< values that came too late, or at no credible time; they have no window

  template <class Step>
  friend auto operator|(with_late const& streams, Step step) {
    return streams.down | std::move(step);
  }
};

/// Behind a step that was refused.
template <>
struct with_late<poison, poison, poison> {
  stream<poison> down;
  stream<poison> late;

  template <class Step>
  friend stream<poison> operator|(with_late const&, Step const&) {
    return {};
  }
};

}  // namespace leat
