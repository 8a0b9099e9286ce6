// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <optional>
#include <type_traits>

namespace leat::detail {

/// How the table keeps a state of type S that the user's function sees as `std::optional<S>&`. A small plain one is
/// kept without the flag, which would cost up to eight bytes a key, and shown through an optional on the stack; any
/// other is edited where it lies.
template <class S>
inline constexpr bool kept_bare =
    std::is_trivially_copyable_v<S> && std::default_initializable<S> && sizeof(S) <= 2 * sizeof(void*);

template <class S>
using kept_state = std::conditional_t<kept_bare<S>, S, std::optional<S>>;

/// What is saved of it: the S, however the table keeps it.
template <class S>
S const& saved_state_of(kept_state<S> const& kept) {
  if constexpr (kept_bare<S>)
    return kept;
  else
    return *kept;
}

/// Calls `use(std::optional<S>&)` with the state of a key, empty for a key that is new, and forgets the key if it is
/// left empty.
template <class S, class Cell, class Use>
[[gnu::always_inline]] inline void with_state(Cell& entry, Use&& use) {
  if constexpr (kept_bare<S>) {
    std::optional<S> shown;
    if (!entry.fresh()) shown = entry.state();
    use(shown);
    if (shown)
      entry.state() = *shown;
    else
      entry.forget();
  } else {
    use(entry.state());
    if (!entry.state()) entry.forget();
  }
}

}  // namespace leat::detail
