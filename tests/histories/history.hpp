// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "histories/fault.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace histories {

/// What became of a seed.
struct outcome {
  std::string wrong;  ///< empty: nothing
  std::array<std::uint64_t, static_cast<std::size_t>(fault::count)> faults{};
  std::uint64_t runs = 0;
  std::uint64_t trace = 0;                   ///< of all decisions
  std::chrono::nanoseconds virtual_time{0};  ///< of all processes
};

/// Draws a history of runs on one store, and judges what all of them have left.
outcome run_seed(std::uint64_t seed);

}  // namespace histories
