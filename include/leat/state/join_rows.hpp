// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace leat {

/// Which values of a side a join keeps for a key: the first, the last, or all (`product`: rows are every combination).
enum class join_insert { first, last, product };

/// When a join passes its rows on: `complete`, once every side has a value, and then the key begins anew; what has no
/// match when the input ends is dropped, counted, and the count said on standard error. `complete_and_rest`, the same,
/// but what has no match comes at the end, empty where there is no value. `final`, at the end of the input; `running`,
/// after every value, the state being kept.
enum class join_emit { complete, complete_and_rest, final, running };

namespace detail {

/// What a join keeps of one key: the values of each side.
template <class... Vs>
struct join_sides_kept {
  std::tuple<std::vector<Vs>...> values;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & values;
  }

  template <std::size_t Side, class V>
  void add(V&& value, join_insert insertion) {
    auto& side = std::get<Side>(values);
    if (insertion == join_insert::first && !side.empty()) return;
    if (insertion == join_insert::last) side.clear();
    side.push_back(std::forward<V>(value));
  }

  bool complete() const {
    return std::apply([](auto const&... side) { return (!side.empty() && ...); }, values);
  }

  /// Every combination, the leftmost side varying slowest; a side without a value is an empty optional.
  template <class Emit>
  void rows(Emit&& emit_row) const {
    std::tuple<std::optional<Vs>...> row;
    combine<0>(row, emit_row);
  }

 private:
  template <std::size_t Side, class Emit>
  void combine(std::tuple<std::optional<Vs>...>& row, Emit& emit_row) const {
    if constexpr (Side == sizeof...(Vs)) {
      emit_row(std::as_const(row));
    } else if (std::get<Side>(values).empty()) {
      std::get<Side>(row).reset();
      combine<Side + 1>(row, emit_row);
    } else {
      for (auto const& value : std::get<Side>(values)) {
        std::get<Side>(row).emplace(value);
        combine<Side + 1>(row, emit_row);
      }
    }
  }
};

}  // namespace detail
}  // namespace leat
