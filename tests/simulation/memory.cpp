// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include "simulation/build.hpp"
#include "simulation/coroutines.hpp"
#include "simulation/kinds.hpp"
#include "simulation/meaning.hpp"
#include "simulation/shape.hpp"

#include <leat/route/peers/frame.hpp>
#include <leat/run/simulated/cluster.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace {

using namespace simulation;

constexpr std::size_t records = 4000;
/// Bytes of credit that it takes.
constexpr std::size_t least_frame = leat::detail::frame_header::size + 8;

/// A source of many records, some steps that make one record of each, and a look-up that is slower than all of them.
plan draw_flood(chance& dice) {
  plan drawn;
  auto const add = [&](op kind, bool reads) {
    planned_step step;
    step.kind = kind;
    step.number = drawn.steps.size();
    step.f.salt = dice.number();
    step.most = dice.between(1, 4);
    if (reads) step.from.push_back(drawn.streams.size() - 1);
    if (!is_sink(kind)) {
      step.to.push_back(drawn.streams.size());
      drawn.streams.emplace_back();
    }
    drawn.steps.push_back(step);
  };
  planned_source source;
  source.burst = dice.between(1, 10);
  source.partitions.resize(dice.between(1, 3));
  for (std::size_t i = 0; i != records; ++i)
    source.partitions[i % source.partitions.size()].push_back({dice.below(100), dice.below(1'000'000)});
  drawn.sources.push_back(std::move(source));
  add(op::partitioned, false);
  for (std::uint64_t n = dice.between(1, 4); n != 0; --n)
    add(dice.pick({op::map, op::redistribute, op::redistribute_by_key, op::stateful_map, op::async_map}), true);
  add(op::async_map, true);
  add(op::sink, true);
  return drawn;
}

/// How many records there may be between the source and the sink. Between every two workers there are the packets of
/// each exchange, one that is being filled and one that is being read; whoever began a batch may finish it.
std::size_t most_under_way(plan const& plan, leat::detail::simulation const& simulation) {
  std::size_t const workers = simulation.processes * simulation.options.workers;
  std::size_t const batch = std::max<std::size_t>(simulation.options.batch_size, plan.sources.front().burst);
  std::size_t total = workers * 2 * batch;
  std::size_t const in_flight =
      simulation.processes == 1
          ? simulation.channel_packets
          : std::max(simulation.channel_packets, simulation.options.channel_bytes / least_frame + 1);
  for (planned_step const& step : plan.steps) {
    if (moves(step.kind)) total += workers * workers * (in_flight + 2) * batch;
    if (step.kind == op::async_map) total += workers * (step.most + batch);
  }
  return total;
}

/// Bytes of each text in a flow of long ones, which is those whose number leaves this rest.
constexpr std::size_t bytes_of_long_text = 1000;
constexpr std::uint64_t rest_of_long_texts = 5;

/// Records that own all that is in them, on their way from worker to worker, to a look-up that is slower than the
/// source.
plan draw_flood_of_texts(chance& dice) {
  plan drawn = draw_flood(dice);
  drawn.texts = true;
  for (auto& partition : drawn.sources.front().partitions)
    for (planned_record& r : partition) r.value = r.value / 97 * 97 + rest_of_long_texts;
  for (planned_step& step : drawn.steps)
    if (!is_source(step.kind) && !is_sink(step.kind) && step.number + 2 != drawn.steps.size())
      step.kind = dice.pick({op::redistribute, op::redistribute_by_key});
  return drawn;
}

/// The same of them. A channel that is empty takes a packet however large it is; one is filled, one is read, and
/// whoever began a batch may finish it.
std::size_t most_texts_under_way(plan const& plan, leat::detail::simulation const& simulation) {
  std::size_t const workers = simulation.processes * simulation.options.workers;
  std::size_t const batch = simulation.options.batch_size;
  std::size_t total = workers * 2 * std::max<std::size_t>(batch, plan.sources.front().burst);
  std::size_t const in_flight = simulation.options.channel_bytes / bytes_of_long_text + 1;
  for (planned_step const& step : plan.steps) {
    if (moves(step.kind)) total += workers * workers * (in_flight + 3 * batch);
    if (step.kind == op::async_map) total += workers * (step.most + batch);
  }
  return total;
}

/// The most records that were under way at once between the source and the sink, all of which have arrived then.
template <class Kind>
std::size_t flood(plan const& plan, leat::detail::simulation const& simulation) {
  at_risk.reset({}, false, std::nullopt);
  seen emitted;
  seen arrived;
  std::vector<typename Kind::record> unused;
  drawn_flow<Kind> to(plan.streams.size());
  for (planned_step const& step : plan.steps)
    static_cast<void>(add_source(to, step, plan) || add_stateless(to, step, emitted) || add_coroutine(to, step) ||
                      add_keyed(to, step) || add_sink(to, step, arrived, unused));
  planned_step counted;
  counted.kind = op::sink;
  counted.number = plan.steps.size();
  counted.from.push_back(0);
  add_sink(to, counted, emitted, unused);

  leat::detail::simulated_cluster cluster(to.flow.description(), simulation);
  outside = &cluster.world();
  cluster.begin();
  std::size_t most = 0;
  while (!cluster.world().all_done()) {
    if (!cluster.world().step(leat::detail::never)) cluster.world().fail_stuck();
    most = std::max(most, emitted.items.size() - arrived.items.size());
  }
  cluster.rethrow();
  CHECK(arrived.items.size() == records);
  return most;
}

leat::detail::simulation draw_narrow_shape(chance& dice) {
  leat::detail::simulation simulation = draw_shape(dice).simulation;
  simulation.heartbeats = false;
  simulation.network.longest_piece = 0;
  simulation.options.batch_size = dice.between(1, 4);
  simulation.network.capacity = std::max<std::size_t>(simulation.network.capacity, 300);
  simulation.network.longest_until_break = std::min(simulation.network.longest_until_break, surely_healed);
  simulation.network.longest_delay = std::chrono::microseconds(dice.between(1, 20));
  return simulation;
}

}  // namespace

TEST_CASE("the records under way are bounded by the configuration, however slow the end of the flow is") {
  std::size_t nearest = 0;
  for (std::uint64_t seed = 1; seed != 200; ++seed) {
    CAPTURE(seed);
    chance dice(seed);
    leat::detail::simulation simulation = draw_narrow_shape(dice);
    simulation.channel_packets = dice.between(1, 4);
    simulation.options.channel_bytes = dice.between(1, 4 * least_frame);
    plan const plan = draw_flood(dice);
    std::size_t const most = flood<numbers>(plan, simulation);
    std::size_t const allowed = most_under_way(plan, simulation);
    CHECK(most <= allowed);
    nearest = std::max(nearest, most * 100 / allowed);
  }
  CHECK(nearest > 30);  // else the budget says nothing
}

TEST_CASE(
    "the bytes under way are bounded by the configuration where records own them, however many packets there may be") {
  std::size_t nearest = 0;
  for (std::uint64_t seed = 1; seed != 60; ++seed) {
    CAPTURE(seed);
    chance dice(seed);
    leat::detail::simulation simulation = draw_narrow_shape(dice);
    simulation.network.capacity = std::max<std::size_t>(simulation.network.capacity, 2000);
    simulation.channel_packets = 30;
    simulation.options.channel_bytes = dice.between(1, 4 * bytes_of_long_text);
    plan const plan = draw_flood_of_texts(dice);
    std::size_t const most = flood<texts>(plan, simulation);
    std::size_t const allowed = most_texts_under_way(plan, simulation);
    CHECK(most <= allowed);
    nearest = std::max(nearest, most * 100 / allowed);
  }
  CHECK(nearest > 30);
}
