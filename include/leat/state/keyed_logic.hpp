// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <span>
#include <utility>

/// What a step with keyed state does with a value and the state of its key.
namespace leat::detail {

template <class Logic>
concept takes_groups = Logic::by_groups;
template <class Logic, class Cell, class K, class V, class Emit>
concept takes_each_value = requires(Logic& logic, Cell& cell, K&& key, V&& value, Emit& emit_record) {
  logic.on_value(cell, std::move(key), std::move(value), emit_record);
};
template <class Logic, class Cell, class V, class Emit>
concept takes_values_of_key = requires(Logic& logic, Cell& cell, std::span<V> values, Emit& emit_record) {
  logic.on_values(cell, values, emit_record);
};
template <class Logic, class Cell, class Emit>
concept acts_at_end = requires(Logic& logic, Cell& cell, Emit& emit_record) { logic.on_end(cell, emit_record); };

/// Each worker has a copy of the logic, and calls it for the keys that it owns. `Cell` is a key with its state:
/// `cell.key()`, `cell.state()`, `cell.fresh()` for a key that was not known; `cell.forget()` drops the key. `Emit` is
/// called with a key and a result.
///  - `state` is what is kept of a key, made by its default constructor;
///  - `saved`, which has a codec, is what a snapshot has of it: `save(state const&)` gives it, `load(saved&&)` makes a
///    state of it;
///  - `on_value(cell, key, value, emit)` is called for each value, in order; or, with `by_groups` true,
///    `on_values(cell, values, emit)` for all values that a batch brings a key.
/// Optional:
///  - `bind(step_context&)` is called once, before anything else; `begin_batch()` before each batch;
///  - `on_end(cell, emit)` is called at the end of the input, for each key, in the keys' order;
///  - `notify_at(state)` and `on_notify(cell, emit)`: when each key wants to be woken, if at all, by the wall clock or
///    the steady one.
template <class Logic, class Cell, class K, class V, class Emit>
concept keyed_logic = requires(Logic& logic, typename Logic::state const& kept, typename Logic::saved& from) {
  { logic.save(kept) } -> std::convertible_to<typename Logic::saved const&>;
  { logic.load(std::move(from)) } -> std::convertible_to<typename Logic::state>;
} && ((takes_groups<Logic> && takes_values_of_key<Logic, Cell, V, Emit>) || takes_each_value<Logic, Cell, K, V, Emit>);

}  // namespace leat::detail
