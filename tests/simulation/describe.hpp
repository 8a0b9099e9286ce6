// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/plan.hpp"
#include "simulation/shape.hpp"

#include <cstddef>
#include <iterator>
#include <string>

namespace simulation {

inline char const* name_of(op kind) {
  static constexpr char const* names[] = {"iterable",
                                          "partitioned",
                                          "generate",
                                          "generate_everywhere",
                                          "share_of_each_worker",
                                          "poll",
                                          "map",
                                          "map_key",
                                          "filter",
                                          "flat_map",
                                          "flat_map_emit",
                                          "filter_map",
                                          "flatten",
                                          "map_value",
                                          "map_value_to_view",
                                          "flat_map_value",
                                          "filter_value",
                                          "filter_map_value",
                                          "key_on",
                                          "key_rm",
                                          "flat_map_batch",
                                          "inspect",
                                          "inspect_debug",
                                          "enrich_cached",
                                          "compose",
                                          "branch",
                                          "merge",
                                          "redistribute",
                                          "redistribute_by_key",
                                          "redistribute_by_value",
                                          "chain",
                                          "chain_branch",
                                          "chain_redistribute",
                                          "chain_stateful_map",
                                          "chain_reduce_final",
                                          "step",
                                          "step_of_first",
                                          "step_with_last_word",
                                          "async_map",
                                          "async_map_unordered",
                                          "async_map_outcome",
                                          "stateful_map",
                                          "stateful_map_returning",
                                          "stateful_flat_map",
                                          "first_of_key",
                                          "stateful",
                                          "stateful_later",
                                          "stateful_at_once",
                                          "stateful_batch",
                                          "collect",
                                          "collect_timed",
                                          "fold_final",
                                          "reduce_final",
                                          "max_final",
                                          "min_final",
                                          "count_final",
                                          "join",
                                          "window",
                                          "or_else_map",
                                          "or_else_filter",
                                          "or_else_flat_map",
                                          "or_else_stateful_map",
                                          "sink",
                                          "moving_sink",
                                          "library_collect",
                                          "for_each",
                                          "partitioned_sink",
                                          "partitioned_sink_by_value",
                                          "raises"};
  static_assert(std::size(names) == static_cast<std::size_t>(op::raises) + 1);
  return names[static_cast<std::size_t>(kind)];
}

inline std::string described(planned_windows const& of) {
  static constexpr char const* windowers[] = {"tumbling", "sliding", "cumulating", "everything", "session", "counting"};
  static constexpr char const* results[] = {"fold", "collect", "reduce", "count"};
  std::string text = std::string(" ") + results[static_cast<std::size_t>(of.result)] + " " +
                     windowers[static_cast<std::size_t>(of.windower)];
  text += " length " + std::to_string(of.length) + " offset " + std::to_string(of.offset) + " align " +
          std::to_string(of.align) + " late by " + std::to_string(of.late_by) + " grain " + std::to_string(of.grain);
  if (of.ordered) text += " ordered";
  if (of.corrections != 0) text += " corrections " + std::to_string(of.corrections);
  if (of.while_open) text += " while open";
  if (of.all_credible) text += " all credible";
  if (of.by_stream) text += " by the stream's clock";
  return text;
}

/// One line for each step: what it reads from, what it is, what it makes.
inline std::string described(plan const& plan, drawn_shape const& shape) {
  auto const number = [](auto n) { return std::to_string(n); };
  leat::detail::simulation const& simulation = shape.simulation;
  std::string text = number(simulation.processes) + " x " + number(simulation.options.workers) +
                     " workers, batches of " + number(simulation.options.batch_size) + ", " +
                     number(simulation.channel_packets) + " packets or " + number(simulation.options.channel_bytes) +
                     " bytes of credit, epochs of " + number(simulation.options.snapshot_interval.count()) +
                     " ns, turns up to " + number(simulation.longest_turn.count()) + " ns, link of " +
                     number(simulation.network.capacity) + " bytes, delays up to " +
                     number(simulation.network.longest_delay.count()) + " ns";
  if (simulation.network.stalls_one_in != 0)
    text += ", one in " + number(simulation.network.stalls_one_in) + " stalls up to " +
            number(simulation.network.longest_stall.count()) + " ns";
  leat::detail::simulated_network const& net = simulation.network;
  if (net.uneven) text += ", uneven";
  if (net.longest_piece != 0) text += ", pieces of up to " + number(net.longest_piece) + " bytes";
  if (simulation.heartbeats) text += ", heartbeats";
  if (simulation.forms) {
    text += ", formed by processes that begin within " + number(simulation.longest_start.count()) + " ns";
    if (net.refuses_one_in != 0) text += ", one dial in " + number(net.refuses_one_in) + " refused";
    if (net.breaks_one_in != 0)
      text += ", one connection in " + number(net.breaks_one_in) + " and " + number(net.most_breaks) +
              " at most broken within " + number(net.longest_until_break) + " bytes, unnoticed for up to " +
              number(net.longest_unnoticed.count()) + " ns";
  }
  if (shape.cut_after)
    text += ", cut after " + number(shape.cut_after->count()) + " ns, unnoticed for up to " +
            number(shape.longest_unnoticed.count()) + " ns";
  if (shape.killed_after || shape.killed_short_of_go)
    text += ", process " + number(shape.killed) + " killed " +
            (shape.killed_after ? "after " + number(shape.killed_after->count()) + " ns"
                                : number(*shape.killed_short_of_go) + " bytes before it goes") +
            ", unnoticed for up to " + number(shape.longest_unnoticed.count()) + " ns, started again after " +
            number(shape.started_again_after.count()) + " ns";
  if (shape.stopped_after)
    text += ", stopped after " + number(shape.stopped_after->count()) + " ns at process " + number(shape.stopped_at);
  text += plan.texts ? ", texts" : ", numbers";
  if (plan.huge_values) text += " up to 64 KiB";
  if (plan.nan_key) text += ", key " + number(*plan.nan_key) + " is a NaN";
  mishap const& fails = plan.on_the_way;
  static constexpr char const* calls[] = {"call", "function", "copy", "encoding", "comparison", "write", "flush"};
  if (fails.of != call::none)
    text += ", " + std::string(calls[static_cast<std::size_t>(fails.of)]) + " " + number(fails.after + 1) + " throws " +
            (fails.as_exception ? "an exception" : "what is no exception");
  text += "\n";
  for (planned_step const& step : plan.steps) {
    text += "  " + step.name() + " " + name_of(step.kind) + " (";
    for (std::size_t from : step.from) text += " s" + number(from);
    text += " ->";
    for (std::size_t to : step.to) text += " s" + number(to);
    text += " )";
    if (step.number < plan.sources.size()) {
      std::size_t records = 0;
      for (auto const& partition : plan.sources[step.number].partitions) records += partition.size();
      text += " " + number(records) + " records in " + number(plan.sources[step.number].partitions.size()) + " parts";
    }
    if (step.kind == op::window) text += described(step.windows);
    if (step.f.trapped) text += " fails at " + number(step.f.trap);
    if (step.unshared) text += " unshared";
    if (step.careless) text += " careless";
    text += step.in_order ? ", in order\n" : "\n";
  }
  return text;
}

}  // namespace simulation
