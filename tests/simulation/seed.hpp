// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace simulation {

/// What became of a seed.
struct outcome {
  std::string wrong;  ///< empty: all is well
  std::uint64_t trace = 0;
  std::uint64_t faults = 0;                  ///< stops, cuts, kills, connections that broke, calls that threw
  std::chrono::nanoseconds virtual_time{0};  ///< of all processes
  std::string description;                   ///< the flow and how it was run, in words
};

/// Draws a flow, runs it in a simulated cluster and judges what came out.
outcome run_seed(std::uint64_t seed);

}  // namespace simulation
