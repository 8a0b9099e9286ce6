// SPDX-License-Identifier: BSL-1.0
#include "simulation/sources.hpp"

#include "simulation/build.hpp"
#include "simulation/kinds.hpp"

#include <leat/from/generate.hpp>
#include <leat/from/iterable.hpp>
#include <leat/from/poll.hpp>

#include <chrono>
#include <utility>

namespace simulation {

template <class Kind>
bool add_source(drawn_flow<Kind>& to, planned_step const& step, plan const& plan) {
  if (!is_source(step.kind)) return false;
  planned_source const& from = plan.sources[step.number];
  auto const input = [&](auto source) { to.put(step, to.flow.input(step.name(), std::move(source))); };
  switch (step.kind) {
    case op::iterable:
      input(leat::from::iterable(records_of<Kind>(from.partitions.front())));
      break;
    case op::partitioned:
      input(planned_partitions<Kind>(from, step));
      break;
    case op::share_of_each_worker:
      input(planned_shares<Kind>(from, step));
      break;
    case op::generate:
      input(leat::from::generate(generator<Kind>(from, step)));
      break;
    case op::generate_everywhere:
      input(leat::from::generate(generator<Kind>(from, step)).on_every_worker());
      break;
    default:
      input(leat::from::poll(std::chrono::microseconds(from.burst), polled<Kind>(from, step.f)));
      break;
  }
  return true;
}

template bool add_source(drawn_flow<numbers>&, planned_step const&, plan const&);
template bool add_source(drawn_flow<texts>&, planned_step const&, plan const&);

}  // namespace simulation
