// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/step_counters.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/stats.hpp>
#include <leat/run/stats/collect.hpp>
#include <leat/run/stats/worker_times.hpp>
#include <leat/run/worker.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace leat::detail {

/// Sums over the workers of one process.
class stats_sum {
 public:
  stats_sum(execution& run, graph const& flow) : run_(run), flow_(flow) {}

  run_stats sum();

 private:
  /// Below the name of the flow; that of the step behind it for an exchange.
  std::string short_name(step_info const& step) const;
  void describe(node const& of, step_stats& step) const;
  void count(node const& of, step_stats& step) const;
  void time();
  void time(std::size_t id, worker_times const& on);
  /// The first step behind an exchange: it does what the receiving end brings. The node itself where it is both.
  std::size_t first_behind(node const& sends) const;
  /// To whom the time of a stage belongs.
  std::size_t owner_of(stage_times const& stage) const;

  /// That of this name, which is added where there is none.
  static step_stats::figure& figure_of(list<step_stats::figure>& in, std::string const& name);
  static void put_longest_first(list<step_stats::figure>& waits);

  execution& run_;
  graph const& flow_;
  std::uint64_t now_ = 0;
  run_stats stats_;
};

LEAT_COLD run_stats stats_sum::sum() {
  stats_.flow = flow_.name();
  stats_.workers = run_.parts().local_workers;
  stats_.process = run_.parts().first_worker / stats_.workers;
  stats_.processes = run_.worker_count() / stats_.workers;
  for (node const* each : flow_.nodes()) describe(*each, stats_.steps.emplace_back());
  if (!run_.assembled()) return std::move(stats_);
  time();
  for (node const* each : flow_.nodes()) count(*each, stats_.steps[each->id]);
  return std::move(stats_);
}

LEAT_COLD std::string stats_sum::short_name(step_info const& step) const {
  std::string name = step.name;
  if (step.kind == "exchange") name.resize(name.rfind('.'));
  if (name.starts_with(flow_.name() + ".")) name.erase(0, flow_.name().size() + 1);
  return name;
}

LEAT_COLD void stats_sum::describe(node const& of, step_stats& step) const {
  for (step_info const& info : of.steps) {
    if (info.kind == "exchange") {
      step.sends_to = short_name(info);
      continue;
    }
    step.name += concat({step.name.empty() ? "" : ", ", short_name(info)});
    step.kind = info.kind;
  }
  if (step.name.empty()) step.kind = "exchange";
}

LEAT_COLD void stats_sum::count(node const& of, step_stats& step) const {
  for (unsigned i = 0; i != stats_.workers; ++i) {
    step_counters const& counters = run_.local(i).counters();
    step_counters::sum out = counters.of_node(of.id, counter_kind::sent);
    if (!out.known) out = counters.of_node(of.id, counter_kind::passed);
    if (!is_an_end(of.steps.back())) step.out += out.value;
    if (of.inputs.empty()) step.batches += out.batches;
    for (port const& from : of.inputs) {
      step_counters::sum const in = counters.of_output(from);
      step.in += in.value;
      step.batches += in.batches;
    }
    step_counters::sum const keys = counters.of_node(of.id, counter_kind::keys);
    step.keeps_state = step.keeps_state || keys.known;
    step.keys += keys.value;
    if (std::uint64_t const skipped = counters.of_node(of.id, counter_kind::skipped).value)
      figure_of(step.counts, "malformed, left out").number += skipped;
    step.bytes_read += counters.of_node(of.id, counter_kind::bytes_read).value;
    step.bytes_in_files += counters.of_node(of.id, counter_kind::bytes_known).value;
  }
  if (of.id < run_.parts().by_node.size()) {
    shared_object const& shared = run_.parts().by_node[of.id];
    if (std::uint64_t const number = shared.count()) figure_of(step.counts, shared.counted()).number += number;
  }
  step.turn_of = of.id;
  if (step.has_turns || of.inputs.empty()) return;
  node const& before = *flow_.nodes()[of.inputs.front().node];
  step.turn_of = before.routing.empty() ? stats_.steps[before.id].turn_of : first_behind(before);
}

LEAT_COLD void stats_sum::time() {
  now_ = worker_times::number(run_.world().now());
  std::uint64_t first = now_;
  std::uint64_t last = 0;
  stats_.epoch = ~std::uint64_t{0};
  for (unsigned i = 0; i != stats_.workers; ++i) {
    worker const& worker = run_.local(i);
    if (worker.epoch() < stats_.epoch) stats_.epoch = worker.epoch();
    worker_times const& times = worker.times();
    if (times.begun() != 0 && times.begun() < first) first = times.begun();
    std::uint64_t const ended = times.ended() == 0 ? now_ : times.ended();
    if (ended > last) last = ended;
    for (stage_times const* stage : times.stages()) stats_.steps[owner_of(*stage)].has_turns = true;
    for (std::size_t id = 0; id != stats_.steps.size(); ++id) time(id, times);
  }
  stats_.time = last > first ? last - first : 0;
  for (step_stats& step : stats_.steps) put_longest_first(step.waits);
}

LEAT_COLD void stats_sum::time(std::size_t id, worker_times const& on) {
  step_stats& step = stats_.steps[id];
  std::uint64_t busy = 0;
  list<step_stats::figure> waits;  // where several stages of the step wait for the same, they do so together
  for (stage_times const* stage : on.stages()) {
    if (owner_of(*stage) != id) continue;
    busy += on.busy_of(*stage, now_);
    for (std::size_t room = 0; room != stage_times::most_rooms; ++room) {
      step_info const* const at = stage->waited[room].at.load(std::memory_order_relaxed);
      std::string const name = at == nullptr ? std::string() : short_name(*at);
      std::uint64_t const waited = on.waited_of(*stage, room, now_);
      step_stats::figure& known = figure_of(waits, name);
      if (waited > known.number) known.number = waited;
    }
  }
  for (stage_times const* outbox : on.outboxes())
    if (owner_of(*outbox) == id) busy += outbox->busy.value();
  step.busy += busy;
  if (busy > step.busiest) step.busiest = busy;
  for (step_stats::figure const& each : waits)
    if (each.number != 0) figure_of(step.waits, each.of).number += each.number;
}

LEAT_COLD std::size_t stats_sum::first_behind(node const& sends) const {
  for (node const* each : flow_.nodes())
    for (port const& from : each->inputs)
      if (from.node == sends.id) return each->id;
  return sends.id;
}

LEAT_COLD std::size_t stats_sum::owner_of(stage_times const& stage) const {
  std::size_t id = stage.of.id;
  if (stage.does == stage_times::work::receiver) return first_behind(stage.of);
  // What waited goes on by itself, and belongs to whose turn the loop is in.
  if (stage.does == stage_times::work::outbox)
    while (!stats_.steps[id].has_turns && !flow_.nodes()[id]->inputs.empty())
      id = flow_.nodes()[id]->inputs.front().node;
  return id;
}

LEAT_COLD step_stats::figure& stats_sum::figure_of(list<step_stats::figure>& in, std::string const& name) {
  for (step_stats::figure& known : in)
    if (known.of == name) return known;
  in.push_back({name, 0});
  return in.back();
}

LEAT_COLD void stats_sum::put_longest_first(list<step_stats::figure>& waits) {
  for (std::size_t i = 0; i < waits.size(); ++i)
    for (std::size_t j = i + 1; j < waits.size(); ++j)
      if (waits[j].number > waits[i].number) std::swap(waits[i], waits[j]);
}

LEAT_COLD run_stats stats_of(execution& run, graph const& flow) { return stats_sum(run, flow).sum(); }

}  // namespace leat::detail
