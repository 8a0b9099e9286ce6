// SPDX-License-Identifier: BSL-1.0
#include "simulation/seed.hpp"

#include "simulation/build.hpp"
#include "simulation/coroutines.hpp"
#include "simulation/describe.hpp"
#include "simulation/judge.hpp"
#include "simulation/kinds.hpp"
#include "simulation/random_flow.hpp"
#include "simulation/shape.hpp"

#include <leat/run/simulated_cluster.hpp>
#include <leat/to/output.hpp>

#include <exception>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace simulation {
namespace {

/// Everything that a seed says.
struct drawn {
  explicit drawn(std::uint64_t seed) {
    chance by(seed);
    shape = draw_shape(by);
    what = random_flow(by, shape.workers(), shape.stopped_after.has_value()).draw();
    if (!shape.stopped_after && by.one_in(8)) fails = random_flow::set_trap(what, by, shape.workers());
  }

  drawn_shape shape;
  plan what;
  bool fails = false;  ///< a function will throw
};

/// More turns than any drawn flow needs.
constexpr std::uint64_t most_turns = 3'000'000;

void drive(leat::detail::simulated_cluster& cluster, drawn_shape const& shape, bool& stopped) {
  leat::detail::simulated_runtime& world = cluster.world();
  outside = &world;
  cluster.begin();
  if (shape.stopped_after)
    world.after(*shape.stopped_after, [&] {
      stopped = true;
      cluster.process(shape.stopped_at).stop();
    });
  while (!world.all_done()) {
    if (!world.step(leat::detail::never)) world.fail_stuck();
    if (world.turns() > most_turns) throw leat::stuck_error("the flow has not ended after a great many turns");
  }
}

/// Every process has to fail, of the planned cause.
std::string failure_is_wrong(leat::detail::simulated_cluster& cluster, unsigned processes) {
  for (unsigned process = 0; process != processes; ++process) {
    std::string said = "nothing";
    try {
      cluster.process(process).rethrow();
    } catch (leat::run_error const& failure) {
      said = failure.what();
    }
    if (said.find(planned_failure().what()) == said.npos)
      return "process " + std::to_string(process) + " failed of " + said + " instead of the planned failure";
  }
  return {};
}

template <class Kind>
void describe_flow(drawn_flow<Kind>& to, plan const& what, observed& shown,
                   std::vector<std::vector<typename Kind::record>>& collected) {
  for (planned_step const& step : what.steps) {
    seen& at = shown.steps[step.number];
    if (add_source(to, step, what)) {
      *to.all[step.to.front()] | leat::output("seen_" + step.name(),
                                              observing_sink<Kind, std::span<typename Kind::record const>>(
                                                  shown.sources[step.number]));
      continue;
    }
    static_cast<void>(add_stateless(to, step, at) || add_coroutine(to, step) || add_keyed(to, step) ||
                      add_sink(to, step, at, collected[step.number]));
  }
}

template <class Kind>
outcome run(drawn const& seed) {
  outcome result;
  observed shown;
  shown.sources.resize(seed.what.sources.size());
  shown.steps.resize(seed.what.steps.size());
  std::vector<std::vector<typename Kind::record>> collected(seed.what.steps.size());
  drawn_flow<Kind> to(seed.what.streams.size());
  describe_flow(to, seed.what, shown, collected);
  try {
    leat::detail::simulated_cluster cluster(to.flow.description(), seed.shape.how);
    drive(cluster, seed.shape, shown.stopped);
    result.trace = cluster.world().trace();
    if (seed.fails) {
      result.wrong = failure_is_wrong(cluster, seed.shape.how.processes);
      return result;
    }
    cluster.rethrow();
  } catch (leat::run_error const& failure) {
    // One process alone fails while it is put together.
    bool const planned = std::string(failure.what()).find(planned_failure().what()) != std::string::npos;
    if (!seed.fails || !planned) result.wrong = failure.what();
    return result;
  } catch (std::exception const& failure) {
    result.wrong = failure.what();
    return result;
  }
  for (planned_step const& step : seed.what.steps)
    for (auto const& [key, value] : collected[step.number])
      shown.steps[step.number].items.push_back({Kind::number(key), Kind::number(value), 0, 0});
  result.wrong = judge(seed.what, seed.shape.workers(), shown).verdict();
  return result;
}

}  // namespace

outcome run_seed(std::uint64_t seed) {
  drawn const all(seed);
  outcome result = all.what.texts ? run<texts>(all) : run<numbers>(all);
  result.what = described(all.what, all.shape);
  return result;
}

}  // namespace simulation
