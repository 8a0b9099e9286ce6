// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "fixture/chance.hpp"
#include "simulation/hazards.hpp"
#include "simulation/planned_windows.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// A flow as data: what a seed draws, what leat is made to run, and what the reference interprets. Records are pairs of
/// key and value, both of them numbers here; the flow may carry them as texts.
namespace simulation {

using leat::test::chance;
using leat::test::mixed;

/// All that user functions compute with. Throws planned_failure when it meets its trap, or when a mishap wants it.
struct function {
  std::uint64_t salt = 0;
  std::uint64_t trap = 0;
  bool trapped = false;
  bool may_fail = true;  ///< in mid-run; else what it throws is no failure of the run
  std::size_t step = 0;

  std::uint64_t operator()(std::uint64_t n) const {
    if (may_fail) at_risk.meet(call::function, step);
    if (trapped && n == trap) {
      at_risk.note_failure(step);
      throw planned_failure();
    }
    return mixed(n ^ salt) % 1'000'000'000;
  }
  bool keeps(std::uint64_t n) const { return (*this)(n) % 4 != 0; }
  std::size_t copies(std::uint64_t n) const { return (*this)(n) % 3; }
};

enum class op : unsigned char {
  // Sources.
  iterable,
  partitioned,
  generate,
  generate_everywhere,
  share_of_each_worker,
  poll,
  // Step by step, without state.
  map,
  map_key,
  filter,
  flat_map,
  flat_map_emit,
  filter_map,
  flatten,
  map_value,
  map_value_to_view,
  flat_map_value,
  filter_value,
  filter_map_value,
  key_on,
  key_rm,
  flat_map_batch,
  inspect,
  inspect_debug,
  enrich_cached,
  compose,
  branch,
  merge,
  redistribute,
  redistribute_by_key,
  redistribute_by_value,
  // Several steps fused, with the different ends that a fused run can have.
  chain,
  chain_branch,
  chain_redistribute,
  chain_stateful_map,
  chain_reduce_final,
  // Coroutines.
  step,
  step_of_first,
  step_with_last_word,
  async_map,
  async_map_unordered,
  async_map_outcome,
  // With state by key.
  stateful_map,
  stateful_map_returning,
  stateful_flat_map,
  first_of_key,
  stateful,
  stateful_later,
  stateful_at_once,
  stateful_batch,
  collect,
  collect_timed,
  fold_final,
  reduce_final,
  max_final,
  min_final,
  count_final,
  join,
  window,
  // Around steps whose functions throw at some records, which go to a stream of their own.
  or_else_map,
  or_else_filter,
  or_else_flat_map,
  or_else_stateful_map,
  // Sinks.
  sink,
  moving_sink,
  library_collect,
  for_each,
  partitioned_sink,
  partitioned_sink_by_value,
  raises,
};

/// What is known of the order of a stream's records, whatever the shape and the schedule.
enum class order : unsigned char {
  none,     ///< nothing
  per_key,  ///< the records of a key are on one worker, in a known order
  total,    ///< all records are on one worker, in a known order
};

enum class joined : unsigned char { complete, final, running, complete_and_rest };
enum class kept : unsigned char { first, last, product };

inline std::string name_of_step(std::size_t number) { return "n" + std::to_string(number); }

/// One operator with its parameters. Streams are known by number.
struct planned_step {
  op kind = op::map;
  std::size_t number = 0;
  std::vector<std::size_t> from;
  std::vector<std::size_t> to;
  function f;
  std::uint64_t keys = 1;  ///< new keys are below this
  std::uint64_t most = 1;  ///< a small number: how many values make a group, how many records are let through ...
  bool unshared = false;   ///< it is made of steps on records that cannot be copied, with keys of the user's
  bool careless = false;   ///< goes on after what it emitted has failed in a later step
  bool in_order = false;   ///< the records come in an order that results may depend on
  joined emission = joined::final;
  kept insertion = kept::product;
  planned_windows windows;

  std::string name() const { return name_of_step(number); }
};

struct planned_record {
  std::uint64_t key;
  std::uint64_t value;
};

/// What the source of a step emits, by partition.
struct planned_source {
  std::vector<std::vector<planned_record>> partitions;
  std::uint64_t burst = 1;  ///< records at once
  bool pauses = false;
};

struct planned_stream {
  order ordering = order::none;
  bool dated = true;   ///< the epoch of each record follows from the epochs of the source's records
  bool timed = false;  ///< a step before has dated its records
  bool used = false;
};

struct plan {
  bool texts = false;
  bool huge_values = false;
  std::optional<std::uint64_t> nan_key;  ///< the key of this number is a NaN
  mishap on_the_way;
  std::vector<planned_step> steps;      ///< in an order in which each comes after those that feed it
  std::vector<planned_source> sources;  ///< of the first steps
  std::vector<planned_stream> streams;
};

}  // namespace simulation
