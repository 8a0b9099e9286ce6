// SPDX-License-Identifier: BSL-1.0
#include "simulation/coroutines.hpp"

#include "simulation/build.hpp"
#include "simulation/kinds.hpp"

#include <leat/op/async_map.hpp>
#include <leat/op/map.hpp>
#include <leat/op/step.hpp>

#include <string>
#include <utility>

namespace simulation {

template <class Kind>
bool add_coroutine(drawn_flow<Kind>& to, planned_step const& step) {
  using record = typename Kind::record;
  std::string const name = step.name();
  auto const put = [&](auto&& result) { to.put(step, leat::stream<record>(std::move(result))); };
  auto const in = [&]() -> leat::stream<record>& { return to.from(step); };
  leat::in_flight const most(step.most);

  switch (step.kind) {
    case op::step:
      put(in() | leat::step(name, copying_step<Kind>(step)));
      break;
    case op::step_of_first:
      put(in() | leat::step(name, first_records_step<Kind>(step.most)));
      break;
    case op::step_with_last_word:
      put(in() | leat::step(name, differences_step<Kind>(step.most)));
      break;
    case op::async_map:
      put(in() | leat::async_map(name, slow_look_up<Kind>(step.f), most));
      break;
    case op::async_map_unordered:
      put(in() | leat::async_map(name, slow_look_up<Kind>(step.f), most, leat::unordered));
      break;
    case op::async_map_outcome:
      put(in() | leat::async_map(name, poor_look_up<Kind>(step.f), most, leat::within(patience), leat::as_outcome) |
          leat::map(name + "_map", [](leat::outcome<record> const& found) {
            return found ? *found.value : record(Kind::make_key(0), Kind::make(found.timed_out ? 11 : 7));
          }));
      break;
    default:
      return false;
  }
  return true;
}

template bool add_coroutine(drawn_flow<numbers>&, planned_step const&);
template bool add_coroutine(drawn_flow<texts>&, planned_step const&);

}  // namespace simulation
