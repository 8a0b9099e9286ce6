// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>

#include <type_traits>

/// What an operator whose name stands behind its function becomes: a sentence.
namespace leat::detail {

template <class N>
concept names_a_step = std::is_convertible_v<N, step_name>;

template <bool NothingWasRefusedBefore>
constexpr void say_that_the_name_comes_first() {
  constexpr bool name_is_the_first_argument = !NothingWasRefusedBefore;
  static_assert(name_is_the_first_argument,
                "leat: the name of a step is its first argument: map(\"name\", f), not map(f, \"name\")");
}

struct name_comes_first {
  template <a_stream S>
  friend stream<poison> operator|(S&&, name_comes_first) {
    say_that_the_name_comes_first<!silent<S>>();
    return {};
  }
};

}  // namespace leat::detail
