// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

/// What user functions compute, in the flow and in the reference alike: numbers from numbers.
namespace simulation {

/// The state of a key. What becomes of it depends on the order of the values only where there is one.
struct running {
  std::uint64_t count = 0;
  std::uint64_t digest = 0;

  std::uint64_t take(std::uint64_t value, function const& f, bool in_order) {
    std::uint64_t const changed = f(value);
    ++count;
    digest = mixed(digest + (in_order ? changed : count)) % 1'000'000'007;
    return digest;
  }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & count & digest;
  }
};

/// Two functions x -> a x + b, each in one number, as one: associative, and not commutative.
inline std::uint64_t composed(std::uint64_t first, std::uint64_t second) {
  std::uint32_t const a = static_cast<std::uint32_t>(second >> 32);
  std::uint32_t const b = static_cast<std::uint32_t>(second);
  std::uint32_t const product = a * static_cast<std::uint32_t>(first >> 32);
  std::uint32_t const sum = a * static_cast<std::uint32_t>(first) + b;
  return std::uint64_t{product} << 32 | sum;
}

inline std::uint64_t digest_of_group(std::vector<std::uint64_t> const& values, bool in_order) {
  std::uint64_t digest = values.size();
  if (in_order)
    for (std::uint64_t value : values) digest = mixed(digest + value) % 1'000'000'007;
  return digest;
}

using row = std::vector<std::optional<std::uint64_t>>;
inline std::uint64_t digest_of_row(row const& sides) {
  std::uint64_t digest = 0;
  for (auto const& side : sides) digest = mixed(digest + (side ? *side + 2 : 1)) % 1'000'000'007;
  return digest;
}

/// Which records a look-up fails for, and which it never comes to an end for.
inline bool fails(std::uint64_t value) { return value % 7 == 0; }
inline bool hangs(std::uint64_t value) { return value % 11 == 0; }

inline bool is_source(op kind) { return kind <= op::poll; }
inline bool is_sink(op kind) { return kind >= op::sink; }
inline bool meets_state(op kind) {
  return (kind >= op::stateful_map && kind <= op::count_final) || kind == op::chain_stateful_map ||
         kind == op::chain_reduce_final || kind == op::or_else_stateful_map;
}
inline bool is_around_a_step(op kind) { return kind >= op::or_else_map && kind <= op::or_else_stateful_map; }
/// Whether what the step's functions throw is no failure of the run.
inline bool catches(op kind) { return kind == op::async_map_outcome || is_around_a_step(kind); }
inline bool makes_two_streams(op kind) {
  return kind == op::branch || kind == op::chain_branch || is_around_a_step(kind);
}
/// Whether it can be made of steps on records that cannot be copied.
inline bool can_be_unshared(op kind) {
  switch (kind) {
    case op::map:
    case op::map_key:
    case op::filter:
    case op::flat_map:
    case op::flat_map_emit:
    case op::filter_map:
    case op::flatten:
    case op::branch:
    case op::redistribute:
    case op::redistribute_by_key:
    case op::step:
    case op::step_of_first:
    case op::async_map:
    case op::async_map_unordered:
    case op::stateful_map:
    case op::stateful_flat_map:
    case op::stateful:
    case op::stateful_batch:
    case op::collect:
    case op::fold_final:
    case op::reduce_final:
    case op::chain_reduce_final:
    case op::count_final:
    case op::or_else_map:
    case op::or_else_filter:
    case op::or_else_flat_map:
    case op::moving_sink:
    case op::partitioned_sink:
      return true;
    default:
      return false;
  }
}
/// Whether what the step passes on comes at a time of its own.
inline bool waits(op kind) {
  return kind == op::collect_timed || kind == op::stateful_later || kind == op::stateful_at_once;
}
/// Whether the step looks up the key of this number when it comes to this record.
inline bool looks_up(planned_step const& step, std::uint64_t wanted, std::uint64_t key, std::uint64_t value) {
  if (step.unshared) return false;
  if (step.kind == op::count_final) return step.f(value) % step.keys == wanted;
  if (step.kind == op::chain_stateful_map || step.kind == op::chain_reduce_final)
    return key == wanted && step.f.keeps(value);
  return key == wanted && (meets_state(step.kind) || step.kind == op::join || step.kind == op::enrich_cached);
}
/// Whether records go from worker to worker.
inline bool moves(op kind) {
  return meets_state(kind) || kind == op::join || kind == op::window || kind == op::redistribute ||
         kind == op::redistribute_by_key || kind == op::redistribute_by_value || kind == op::chain_redistribute;
}

}  // namespace simulation
