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
plan draw_flood(chance& by) {
  plan drawn;
  auto const add = [&](op what, bool reads) {
    planned_step step;
    step.what = what;
    step.number = drawn.steps.size();
    step.f.salt = by.number();
    step.most = by.between(1, 4);
    if (reads) step.from.push_back(drawn.streams.size() - 1);
    if (!is_sink(what)) {
      step.to.push_back(drawn.streams.size());
      drawn.streams.emplace_back();
    }
    drawn.steps.push_back(step);
  };
  planned_source source;
  source.burst = by.between(1, 10);
  source.partitions.resize(by.between(1, 3));
  for (std::size_t i = 0; i != records; ++i)
    source.partitions[i % source.partitions.size()].push_back({by.below(100), by.below(1'000'000)});
  drawn.sources.push_back(std::move(source));
  add(op::partitioned, false);
  for (std::uint64_t n = by.between(1, 4); n != 0; --n)
    add(by.one_of({op::map, op::redistribute, op::redistribute_by_key, op::stateful_map, op::async_map}), true);
  add(op::async_map, true);
  add(op::sink, true);
  return drawn;
}

/// How many records there may be between the source and the sink. Between every two workers there are the packets of
/// each exchange, one that is being filled and one that is being read; whoever began a batch may finish it.
std::size_t most_under_way(plan const& what, leat::detail::simulation const& how) {
  std::size_t const workers = how.processes * how.each.workers;
  std::size_t const batch = std::max<std::size_t>(how.each.batch_size, what.sources.front().burst);
  std::size_t total = workers * 2 * batch;
  std::size_t const in_flight = how.processes == 1
                                    ? how.channel_packets
                                    : std::max(how.channel_packets, how.each.channel_bytes / least_frame + 1);
  for (planned_step const& step : what.steps) {
    if (moves(step.what)) total += workers * workers * (in_flight + 2) * batch;
    if (step.what == op::async_map) total += workers * (step.most + batch);
  }
  return total;
}

/// Bytes of each text in a flow of long ones, which is those whose number leaves this rest.
constexpr std::size_t bytes_of_long_text = 1000;
constexpr std::uint64_t rest_of_long_texts = 5;

/// Records that own all that is in them, on their way from worker to worker, to a look-up that is slower than the
/// source.
plan draw_flood_of_texts(chance& by) {
  plan drawn = draw_flood(by);
  drawn.texts = true;
  for (auto& partition : drawn.sources.front().partitions)
    for (planned_record& r : partition) r.value = r.value / 97 * 97 + rest_of_long_texts;
  for (planned_step& step : drawn.steps)
    if (!is_source(step.what) && !is_sink(step.what) && step.number + 2 != drawn.steps.size())
      step.what = by.one_of({op::redistribute, op::redistribute_by_key});
  return drawn;
}

/// The same of them. A channel that is empty takes a packet however large it is; one is filled, one is read, and
/// whoever began a batch may finish it.
std::size_t most_texts_under_way(plan const& what, leat::detail::simulation const& how) {
  std::size_t const workers = how.processes * how.each.workers;
  std::size_t const batch = how.each.batch_size;
  std::size_t total = workers * 2 * std::max<std::size_t>(batch, what.sources.front().burst);
  std::size_t const in_flight = how.each.channel_bytes / bytes_of_long_text + 1;
  for (planned_step const& step : what.steps) {
    if (moves(step.what)) total += workers * workers * (in_flight + 3 * batch);
    if (step.what == op::async_map) total += workers * (step.most + batch);
  }
  return total;
}

/// The most records that were under way at once between the source and the sink, all of which have arrived then.
template <class Kind>
std::size_t flood(plan const& what, leat::detail::simulation const& how) {
  at_risk.reset({}, false, std::nullopt);
  seen emitted;
  seen arrived;
  std::vector<typename Kind::record> unused;
  drawn_flow<Kind> to(what.streams.size());
  for (planned_step const& step : what.steps)
    static_cast<void>(add_source(to, step, what) || add_stateless(to, step, emitted) || add_coroutine(to, step) ||
                      add_keyed(to, step) || add_sink(to, step, arrived, unused));
  planned_step counted;
  counted.what = op::sink;
  counted.number = what.steps.size();
  counted.from.push_back(0);
  add_sink(to, counted, emitted, unused);

  leat::detail::simulated_cluster cluster(to.flow.description(), how);
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

leat::detail::simulation draw_narrow_shape(chance& by) {
  leat::detail::simulation how = draw_shape(by).how;
  how.heartbeats = false;
  how.network.longest_piece = 0;
  how.each.batch_size = by.between(1, 4);
  how.network.capacity = std::max<std::size_t>(how.network.capacity, 300);
  how.network.longest_until_break = std::min(how.network.longest_until_break, surely_healed);
  how.network.longest_delay = std::chrono::microseconds(by.between(1, 20));
  return how;
}

}  // namespace

TEST_CASE("the records under way are bounded by the configuration, however slow the end of the flow is") {
  std::size_t nearest = 0;
  for (std::uint64_t seed = 1; seed != 200; ++seed) {
    CAPTURE(seed);
    chance by(seed);
    leat::detail::simulation how = draw_narrow_shape(by);
    how.channel_packets = by.between(1, 4);
    how.each.channel_bytes = by.between(1, 4 * least_frame);
    plan const what = draw_flood(by);
    std::size_t const most = flood<numbers>(what, how);
    std::size_t const allowed = most_under_way(what, how);
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
    chance by(seed);
    leat::detail::simulation how = draw_narrow_shape(by);
    how.network.capacity = std::max<std::size_t>(how.network.capacity, 2000);
    how.channel_packets = 30;
    how.each.channel_bytes = by.between(1, 4 * bytes_of_long_text);
    plan const what = draw_flood_of_texts(by);
    std::size_t const most = flood<texts>(what, how);
    std::size_t const allowed = most_texts_under_way(what, how);
    CHECK(most <= allowed);
    nearest = std::max(nearest, most * 100 / allowed);
  }
  CHECK(nearest > 30);
}
