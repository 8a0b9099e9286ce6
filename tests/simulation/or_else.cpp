// SPDX-License-Identifier: BSL-1.0
#include "simulation/build.hpp"
#include "simulation/functions.hpp"
#include "simulation/kinds.hpp"
#include "simulation/meaning.hpp"

#include <leat/op/filter.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/map.hpp>
#include <leat/op/or_else.hpp>
#include <leat/state/or_else.hpp>
#include <leat/state/stateful_map.hpp>

#include <optional>
#include <string>
#include <utility>

namespace simulation {

template <class Kind>
bool add_or_else(drawn_flow<Kind>& to, planned_step const& step) {
  using datum = typename Kind::datum;
  using record = typename Kind::record;
  using state = std::optional<running>;
  std::string const name = step.name();
  on_records<Kind> const on(step);
  on_state<Kind> const with_state(step);
  auto const put = [&](auto streams) {
    to.put(step, std::move(streams.down));
    to.streams[step.to[1]].emplace(std::move(streams.errors) |
                                   leat::map(name + "_errors", [](leat::failed_record<record> const& failure) {
                                     check_error(Kind::number(failure.record.second), failure.error);
                                     return failure.record;
                                   }));
  };
  auto const in = [&]() -> leat::stream<record>& { return to.from(step); };

  switch (step.kind) {
    case op::or_else_map:
      put(in() | leat::or_else(leat::map(name, [on](record const& r) {
            throw_at_some(Kind::number(r.second));
            return record(r.first, on.changed(r.second));
          })));
      break;
    case op::or_else_filter:
      put(in() | leat::or_else(leat::filter(name, [on](record const& r) {
            throw_at_some(Kind::number(r.second));
            return on.keeps(r.second);
          })));
      break;
    case op::or_else_flat_map:
      put(in() | leat::or_else(leat::flat_map<record>(name, [on](record const& r, auto const& emit) {
            for (record& result : on.copies(r)) emit(std::move(result));
            throw_at_some(Kind::number(r.second));
          })));
      break;
    case op::or_else_stateful_map:
      put(in() | leat::or_else(leat::stateful_map(name, [with_state](state& kept_state, datum const& value) {
            datum result = Kind::make(with_state.take(kept_state, value));
            throw_at_some(Kind::number(value));
            return result;
          })));
      break;
    default:
      return false;
  }
  return true;
}

template bool add_or_else(drawn_flow<numbers>&, planned_step const&);
template bool add_or_else(drawn_flow<texts>&, planned_step const&);

}  // namespace simulation
