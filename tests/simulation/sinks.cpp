// SPDX-License-Identifier: BSL-1.0
#include "simulation/build.hpp"
#include "simulation/kinds.hpp"
#include "simulation/observed.hpp"

#include <leat/op/filter.hpp>
#include <leat/op/raises.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include <span>
#include <string>
#include <vector>

namespace simulation {

template <class Kind>
bool add_sink(drawn_flow<Kind>& to, planned_step const& step, seen& at, std::vector<typename Kind::record>& collected) {
  using record = typename Kind::record;
  leat::stream<record>& in = to.from(step);
  std::string const name = step.name();
  switch (step.kind) {
    case op::sink:
      in | leat::output(name, observing_sink<Kind, std::span<record const>>(at, step.number));
      break;
    case op::moving_sink:
      in | leat::output(name, observing_sink<Kind, std::span<record>>(at, step.number));
      break;
    case op::library_collect:
      in | leat::output(name, leat::to::collect(collected));
      break;
    case op::for_each:
      in | leat::output(name, leat::to::for_each(observing_function<Kind>(at, step.number)));
      break;
    case op::partitioned_sink:
      in | leat::output(name, partitioned_observing_sink<Kind>(at, step.number));
      break;
    case op::partitioned_sink_by_value:
      in | leat::output(name, value_partitioned_sink<Kind>(at, step.number));
      break;
    case op::raises:
      in | leat::filter([](record const&) { return false; }) | leat::raises(name);
      break;
    default:
      return false;
  }
  return true;
}

template bool add_sink(drawn_flow<numbers>&, planned_step const&, seen&, std::vector<numbers::record>&);
template bool add_sink(drawn_flow<texts>&, planned_step const&, seen&, std::vector<texts::record>&);

}  // namespace simulation
