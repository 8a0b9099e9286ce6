// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/meaning.hpp"

#include <cstdint>
#include <vector>

/// What the functions of a step with windows compute, and what is made of its results, in the flow and in the reference
/// alike.
namespace simulation {

/// Where values have an order, an associative function that is not commutative; else a sum.
inline std::uint64_t fold_begin(bool in_order) { return in_order ? std::uint64_t{1} << 32 : 0; }
inline std::uint64_t fold_merge(bool in_order, std::uint64_t earlier, std::uint64_t later) {
  return in_order ? composed(earlier, later) : earlier + later;
}
inline std::uint64_t fold_next(bool in_order, std::uint64_t so_far, std::uint64_t value) {
  return fold_merge(in_order, so_far, in_order ? mixed(value) | std::uint64_t{1} << 32 : value);
}

/// Of several numbers one, in whose place another would be noticed.
template <class... Numbers>
std::uint64_t digest_of_numbers(Numbers... numbers) {
  std::uint64_t digest = 0;
  ((digest = mixed(digest * 31 + static_cast<std::uint64_t>(numbers))), ...);
  return digest % 1'000'000'007;
}
inline std::uint64_t digest_of_window(std::int64_t id, std::int64_t open, std::int64_t close, unsigned why,
                                      std::uint64_t content) {
  return digest_of_numbers(1, id, open, close, why, content);
}
inline std::uint64_t digest_of_late(std::int64_t id, std::int64_t at, unsigned why, std::uint64_t value) {
  return digest_of_numbers(2, id, at, why, value);
}
inline std::uint64_t digest_of_close(std::int64_t id, std::int64_t open, std::int64_t close,
                                     std::vector<std::int64_t> const& merged) {
  std::uint64_t digest = digest_of_numbers(3, id, open, close);
  for (std::int64_t each : merged) digest = digest_of_numbers(digest, each);
  return digest;
}

}  // namespace simulation
