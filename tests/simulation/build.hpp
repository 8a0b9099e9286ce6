// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "fixture/time_probe.hpp"
#include "simulation/observed.hpp"
#include "simulation/plan.hpp"

#include <leat/flow.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace simulation {

/// The flow under test while it is put together: the streams that there are so far.
template <class Kind>
struct drawn_flow {
  using record = typename Kind::record;

  explicit drawn_flow(std::size_t count) : flow("drawn"), streams(count) {}
  leat::stream<record>& from(planned_step const& step, std::size_t side = 0) { return *streams[step.from[side]]; }
  void put(planned_step const& step, leat::stream<record> stream) { streams[step.to.front()].emplace(stream); }

  leat::flow flow;
  std::vector<std::optional<leat::stream<record>>> streams;
  std::vector<leat::test::sighting> times;  ///< behind windows that go by the time of their stream
};

/// Each adds one step of its group; false: it is of another one.
template <class Kind>
bool add_source(drawn_flow<Kind>& to, planned_step const& step, plan const& plan);
template <class Kind>
bool add_stateless(drawn_flow<Kind>& to, planned_step const& step, seen& at);
template <class Kind>
bool add_coroutine(drawn_flow<Kind>& to, planned_step const& step);
template <class Kind>
bool add_keyed(drawn_flow<Kind>& to, planned_step const& step);
template <class Kind>
bool add_windows(drawn_flow<Kind>& to, planned_step const& step);
template <class Kind>
bool add_or_else(drawn_flow<Kind>& to, planned_step const& step);
/// By way of records that cannot be copied. Before the others, since their steps may be made so, too.
template <class Kind>
bool add_unshared(drawn_flow<Kind>& to, planned_step const& step, seen& at);
template <class Kind>
bool add_sink(drawn_flow<Kind>& to, planned_step const& step, seen& at, std::vector<typename Kind::record>& collected);

}  // namespace simulation
