// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Whether a step keeps an order that it could give up.
namespace leat {
namespace detail {

template <bool Kept>
struct in_order {
  static constexpr bool kept = Kept;
  template <class Settings>
  void apply(Settings& settings) const {
    settings.ordered = Kept;
  }
};

}  // namespace detail

/// Of `async_map`: results come in the order of the records, the default; a slow record holds up those behind it. Of a
/// step with windows: values are applied in the order of their times.
inline constexpr detail::in_order<true> ordered{};
/// Of `async_map`: results come as they are ready; order across epochs is kept all the same. Of a step with windows:
/// values are applied as they come.
inline constexpr detail::in_order<false> unordered{};

}  // namespace leat
