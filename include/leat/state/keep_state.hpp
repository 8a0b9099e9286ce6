// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/codec.hpp>

#include <type_traits>
#include <utility>

namespace leat::detail {

/// How a table makes, saves and loads its states: the state of a new key is made by `S()`, and what is saved is the
/// state.
template <class S>
struct keep_state {
  using saved = S;
  S make() const { return S(); }
  S const& save(S const& state) const { return state; }
  S load(S&& from) const { return std::move(from); }
};

/// For states that are never saved.
template <class S>
struct keep_unsaved {
  S make() const { return S(); }
};

template <class T>
concept can_be_read_back = has_codec<T> && std::is_default_constructible_v<T>;

/// `Keep` has a type `saved`, with a codec, and says how a state becomes one and is made of one.
template <class K, class Keep>
concept saves_states = can_be_read_back<K> && requires { requires can_be_read_back<typename Keep::saved>; };

}  // namespace leat::detail
