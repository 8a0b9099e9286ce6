// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>

#include <utility>

namespace leat::detail {

/// The struct of a step with several outputs, which goes on as `down` when it is piped.
template <class S>
concept has_down = !a_stream<S> && requires(S& streams) {
  { streams.down } -> a_stream;
};

/// What operators over several streams take.
template <class S>
concept stream_like = a_stream<S> || has_down<S>;

/// The stream that such an operator goes by.
template <a_stream S>
S&& stream_in(S&& up) {
  return std::forward<S>(up);
}
template <has_down S>
auto&& stream_in(S&& streams) {
  return std::forward<S>(streams).down;
}

}  // namespace leat::detail
