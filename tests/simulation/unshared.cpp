// SPDX-License-Identifier: BSL-1.0
#include "simulation/unshared.hpp"

#include "simulation/build.hpp"
#include "simulation/coroutines.hpp"
#include "simulation/functions.hpp"
#include "simulation/logics.hpp"

#include <leat/op/async_map.hpp>
#include <leat/op/branch.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/filter_map.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/flatten.hpp>
#include <leat/op/map.hpp>
#include <leat/op/map_value.hpp>
#include <leat/op/or_else.hpp>
#include <leat/op/step.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/state/collect.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/fold_final.hpp>
#include <leat/state/reduce_final.hpp>
#include <leat/state/stateful.hpp>
#include <leat/state/stateful_batch.hpp>
#include <leat/state/stateful_flat_map.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/output.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace simulation {
namespace {

using key = unshared::key;
using datum = unshared::datum;
using record = unshared::record;
using records = leat::stream<record>;

records stateless(records in, planned_step const& step) {
  on_records<unshared> const on(step);
  std::string const name = step.name();
  auto const changed = [on](record&& r) { return record(std::move(r.first), on.changed(r.second)); };
  auto const keeps = [on](record const& r) { return on.keeps(r.second); };
  auto const copies = [on](record const& r) { return on.copies(r); };
  switch (step.kind) {
    case op::map:
      return std::move(in) | leat::map(name, changed);
    case op::map_key:
      return std::move(in) | leat::map(name, [on](record&& r) -> record&& {
               r.first = on.new_key(r.second);
               return std::move(r);
             });
    case op::filter:
      return std::move(in) | leat::filter(name, keeps);
    case op::flat_map:
      return std::move(in) | leat::flat_map(name, copies);
    case op::flatten:
      return std::move(in) | leat::map(name + "_map", copies) | leat::flatten(name);
    case op::filter_map:
      return std::move(in) | leat::filter_map(name, [on](record&& r) {
               std::optional<record> kept;
               if (on.keeps(r.second)) kept.emplace(std::move(r.first), on.changed(r.second));
               return kept;
             });
    case op::flat_map_emit:
      return std::move(in) |
             leat::flat_map<record>(name, [on, careless = step.careless](record const& r, auto const& emit) {
               for (record& result : on.copies(r)) emitting(careless, [&] { emit(std::move(result)); });
             });
    case op::redistribute:
      return std::move(in) | leat::redistribute(name);
    default:
      return std::move(in) | leat::redistribute(name, leat::by([](record const& r) { return r.first; }));
  }
}

records awaiting(records in, planned_step const& step) {
  std::string const name = step.name();
  leat::in_flight const most(step.most);
  switch (step.kind) {
    case op::step:
      return std::move(in) | leat::step(name, copying_step<unshared>(step));
    case op::step_of_first:
      return std::move(in) | leat::step(name, first_records_step<unshared>(step.most));
    case op::async_map:
      return std::move(in) | leat::async_map(name, slow_look_up<unshared>(step.f), most);
    default:
      return std::move(in) | leat::async_map(name, slow_look_up<unshared>(step.f), most, leat::unordered);
  }
}

records keyed(records in, planned_step const& step) {
  using state = std::optional<running>;
  on_records<unshared> const on(step);
  on_state<unshared> const with_state(step);
  std::string const name = step.name();
  switch (step.kind) {
    case op::stateful_map:
      return std::move(in) | leat::stateful_map(name, [with_state](state& kept_state, datum&& value) {
               datum const taken(std::move(value));
               return unshared::make(with_state.take(kept_state, taken));
             });
    case op::stateful_flat_map:
      return std::move(in) | leat::stateful_flat_map(name, [with_state](state& kept_state, datum const& value) {
               std::uint64_t const result = with_state.take(kept_state, value);
               std::vector<datum> several;
               for (std::uint64_t i = 0; i != result % 3; ++i) several.push_back(unshared::make(result + i));
               return several;
             });
    case op::stateful:
      return std::move(in) | leat::stateful(name, [step](std::optional<running> const& resumed) {
               return running_logic<unshared>(resumed, step);
             });
    case op::stateful_batch:
      return std::move(in) | leat::stateful_batch(name, [step](std::optional<running> const& resumed) {
               return running_logic<unshared>(resumed, step);
             });
    case op::collect:
      return std::move(in) | leat::collect(name, leat::inactive_for(std::chrono::hours(1)), step.most) |
             leat::map_value(name + "_digest", [in_order = step.in_order](std::vector<datum> const& group) {
               std::vector<std::uint64_t> values;
               for (datum const& value : group) values.push_back(unshared::number(value));
               return unshared::make(digest_of_group(values, in_order));
             });
    case op::fold_final:
      return std::move(in) | leat::fold_final(
                                 name, [] { return unshared::make(0); },
                                 [on, in_order = step.in_order](datum&& sum, datum const& value) -> datum&& {
                                   std::uint64_t const next = unshared::number(sum) + on.f(unshared::number(value));
                                   sum = unshared::make(in_order ? mixed(next) : next);
                                   return std::move(sum);
                                 });
    case op::reduce_final:
      return std::move(in) | leat::reduce_final(name, reducer_in_place<unshared>(step.in_order));
    case op::chain_reduce_final:
      return std::move(in) | leat::filter(name + "_filter", [on](record const& r) { return on.keeps(r.second); }) |
             leat::map(name + "_map", [on](record&& r) { return record(std::move(r.first), on.changed(r.second)); }) |
             leat::reduce_final(name, reducer<unshared>(step.in_order));
    default:
      return std::move(in) | leat::count_final(name, [on](record const& r) { return on.new_key(r.second); }) |
             leat::map_value(name + "_map", [](std::uint64_t count) { return unshared::make(count); });
  }
}

}  // namespace

template <class Kind>
bool add_unshared(drawn_flow<Kind>& to, planned_step const& step, seen& at) {
  if (!step.unshared) return false;
  std::string const name = step.name();
  on_records<unshared> const on(step);
  auto const shared = [](record const& r) {
    return
        typename Kind::record(Kind::make_key(unshared::number_of_key(r.first)), Kind::make(unshared::number(r.second)));
  };
  auto const out = [&](std::size_t side, records stream) {
    to.streams[step.to[side]].emplace(std::move(stream) | leat::map(name + "_out", shared));
  };
  auto const both_out = [&](auto streams) {
    out(0, std::move(streams.down));
    to.streams[step.to[1]].emplace(std::move(streams.errors) |
                                   leat::map(name + "_errors", [shared](leat::failed_record<record>&& failure) {
                                     check_error(unshared::number(failure.record.second), failure.error);
                                     return shared(failure.record);
                                   }));
  };
  auto const unshare = [](typename Kind::record const& r) {
    return record(unshared::make_key(Kind::number_of_key(r.first)), unshared::make(Kind::number(r.second)));
  };
  records in = to.from(step) | leat::map(name + "_in", unshare);

  switch (step.kind) {
    case op::branch: {
      auto sides = std::move(in) | leat::branch(name, [on](record const& r) { return on.keeps(r.second); });
      out(0, std::move(sides.trues));
      to.streams[step.to[1]].emplace(std::move(sides.falses) | leat::map(name + "_others", shared));
      break;
    }
    case op::or_else_map:
      both_out(std::move(in) | leat::or_else(leat::map(name, [on](record const& r) {
                 throw_at_some(unshared::number(r.second));
                 return record(r.first, on.changed(r.second));
               })));
      break;
    case op::or_else_filter:
      both_out(std::move(in) | leat::or_else(leat::filter(name, [on](record const& r) {
                 throw_at_some(unshared::number(r.second));
                 return on.keeps(r.second);
               })));
      break;
    case op::or_else_flat_map:
      both_out(std::move(in) | leat::or_else(leat::flat_map<record>(name, [on](record const& r, auto const& emit) {
                 for (record& result : on.copies(r)) emit(std::move(result));
                 throw_at_some(unshared::number(r.second));
               })));
      break;
    case op::moving_sink:
      std::move(in) | leat::output(name, observing_sink<unshared, std::span<record>>(at, step.number));
      break;
    case op::partitioned_sink:
      std::move(in) | leat::output(name, partitioned_observing_sink<unshared>(at, step.number));
      break;
    case op::step:
    case op::step_of_first:
    case op::async_map:
    case op::async_map_unordered:
      out(0, awaiting(std::move(in), step));
      break;
    default:
      out(0, meets_state(step.kind) ? keyed(std::move(in), step) : stateless(std::move(in), step));
      break;
  }
  return true;
}

template bool add_unshared(drawn_flow<numbers>&, planned_step const&, seen&);
template bool add_unshared(drawn_flow<texts>&, planned_step const&, seen&);

}  // namespace simulation
