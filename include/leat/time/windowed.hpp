// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/fwd.hpp>
#include <leat/time/window_info.hpp>

#include <utility>

namespace leat {

/// The three streams behind a step with windows. Piped on as it is, it is `down`. What nobody reads costs nothing; late
/// records that nobody reads are counted, and a line on standard error tells of them when the run ends.
template <class K, class W, class V>
struct windowed {
  keyed_stream<K, in_window<W>> down;   ///< results
  keyed_stream<K, leat::late<V>> late;  ///< values that came too late, or at no credible time
  keyed_stream<K, window_info> meta;    ///< windows that have closed

  template <class Step>
  friend auto operator|(windowed const& streams, Step step) {
    return streams.down | std::move(step);
  }
  /// The same where a stream is wanted: `leat::stream results = s | count_window(...)`.
  operator keyed_stream<K, in_window<W>>() const { return down; }
};
template <class K, class W, class V>
stream(windowed<K, W, V>) -> stream<std::pair<K, in_window<W>>>;

/// Behind a step that was refused.
template <>
struct windowed<poison, poison, poison> {
  stream<poison> down;
  stream<poison> late;
  stream<poison> meta;

  template <class Step>
  friend stream<poison> operator|(windowed const&, Step const&) {
    return {};
  }
};

namespace detail {

using refused_windows = windowed<poison, poison, poison>;

}  // namespace detail
}  // namespace leat
