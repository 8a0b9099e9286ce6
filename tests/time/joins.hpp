// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "time/windows.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What the tests of joins by event time have in common.
namespace windows {

using number = dated<int>;
using either = std::variant<letter, number>;

/// The time of a value of either side.
inline auto clock_of_both(std::chrono::seconds late) {
  return leat::event_clock([](auto const& value) { return value.time(); }, leat::late_by(late));
}

inline std::string text_of(either const& value) {
  return value.index() == 0 ? std::get<0>(value).value : std::to_string(std::get<1>(value).value);
}
/// As lines, sorted: sides have no order between them.
inline lines missed(std::vector<std::pair<std::string, leat::late<either>>> const& late) {
  lines result;
  for (auto const& [key, value] : late) result.push_back(key + " " + name_of(value.id) + ": " + text_of(value.value));
  std::sort(result.begin(), result.end());
  return result;
}

/// Builds the join into a flow of two sides in every shape, and runs it, also with epochs of every turn. `join(left,
/// right)` gives its streams, `wire(streams)` collects them, `look()` looks at what is collected; `collected` is
/// emptied before each run.
template <class Join, class Wire, class Look, class... Collected>
void check_sides(input<std::string> const& left, input<int> const& right, Join const& join, Wire const& wire,
                 Look const& look, Collected&... collected) {
  leat::test::for_each_shape([&](leat::test::shape const& variant) {
    leat::flow flow("joins");
    auto const lefts = flow.input("left", leat::test::one_at_a_time(left));
    auto const rights = flow.input("right", leat::test::one_at_a_time(right));
    wire(join(lefts, rights));
    for (auto const& shape : {variant, variant.epochs_of_every_turn()}) {
      (collected.clear(), ...);
      shape.run(flow, collected...);
      look();
    }
  });
}

}  // namespace windows
