// SPDX-License-Identifier: BSL-1.0
#include "simulation/build.hpp"
#include "simulation/functions.hpp"
#include "simulation/kinds.hpp"
#include "simulation/logics.hpp"
#include "simulation/meaning.hpp"

#include <leat/op/filter.hpp>
#include <leat/op/filter_map.hpp>
#include <leat/op/flat_map_value.hpp>
#include <leat/op/map.hpp>
#include <leat/op/map_value.hpp>
#include <leat/state/collect.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/fold_final.hpp>
#include <leat/state/join.hpp>
#include <leat/state/reduce_final.hpp>
#include <leat/state/stateful.hpp>
#include <leat/state/stateful_batch.hpp>
#include <leat/state/stateful_flat_map.hpp>
#include <leat/state/stateful_map.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace simulation {

template <class Kind>
auto collected(leat::stream<typename Kind::record>& in, planned_step const& step) {
  std::chrono::microseconds const limit(step.keys * 20);
  std::chrono::hours const long_time(1);
  if (step.kind == op::collect) return in | leat::collect(step.name(), leat::inactive_for(long_time), step.most);
  if (step.keys % 3 == 0) return in | leat::collect(step.name(), leat::inactive_for(limit), step.most);
  if (step.keys % 3 == 1) return in | leat::collect(step.name(), leat::max_age(limit), step.most);
  return in | leat::collect(step.name(), leat::inactive_for(limit), leat::max_age(limit * 3), step.most);
}

template <class Row, class Kind>
row numbers_of(Row const& joined_values) {
  row joined;
  auto const number = [](auto const& side) {
    return side ? std::optional(Kind::number(*side)) : std::optional<std::uint64_t>();
  };
  std::apply([&](auto const&... side) { (joined.push_back(number(side)), ...); }, joined_values);
  return joined;
}

template <class Kind, class... Sides>
leat::stream<typename Kind::record> joined_rows(planned_step const& step, Sides&... sides) {
  leat::join_insert const insertion = step.insertion == kept::first  ? leat::join_insert::first
                                      : step.insertion == kept::last ? leat::join_insert::last
                                                                     : leat::join_insert::product;
  leat::join_emit const emission = step.emission == joined::complete  ? leat::join_emit::complete
                                   : step.emission == joined::final   ? leat::join_emit::final
                                   : step.emission == joined::running ? leat::join_emit::running
                                                                      : leat::join_emit::complete_and_rest;
  bool const only_complete = step.emission == joined::running;
  auto rows = leat::join(step.name(), insertion, emission, sides...);
  return rows | leat::filter_map(step.name() + "_rows", [only_complete](auto const& joined_row) {
           row const values = numbers_of<std::decay_t<decltype(joined_row.second)>, Kind>(joined_row.second);
           bool const complete = std::all_of(values.begin(), values.end(), [](auto const& v) { return v.has_value(); });
           using record = typename Kind::record;
           return only_complete && !complete ? std::optional<record>()
                                             : record(joined_row.first, Kind::make(digest_of_row(values)));
         });
}

template <class Kind>
bool add_keyed(drawn_flow<Kind>& to, planned_step const& step) {
  using datum = typename Kind::datum;
  using record = typename Kind::record;
  using state = std::optional<running>;
  std::string const name = step.name();
  auto const put = [&](auto&& result) { to.put(step, leat::stream<record>(std::move(result))); };
  auto const in = [&]() -> leat::stream<record>& { return to.from(step); };
  on_state<Kind> const on(step);
  auto const number = [](datum const& value) { return Kind::number(value); };
  auto const keeps = [f = step.f](record const& r) { return f.keeps(Kind::number(r.second)); };
  auto const changed = [f = step.f](record const& r) { return record(r.first, Kind::make(f(Kind::number(r.second)))); };
  auto const take = [on](state& kept_state, datum const& value) { return Kind::make(on.take(kept_state, value)); };

  switch (step.kind) {
    case op::stateful_map:
      put(in() | leat::stateful_map(name, take));
      break;
    case op::stateful_map_returning:
      put(in() | leat::stateful_map(name, [on](state before, datum value) {
            datum result = Kind::make(on.take(before, value));
            return std::pair<state, datum>(std::move(before), std::move(result));
          }));
      break;
    case op::stateful_flat_map:
      put(in() | leat::stateful_flat_map(name, [on](state& kept_state, datum const& value) {
            std::uint64_t const result = on.take(kept_state, value);
            std::vector<datum> records;
            for (std::uint64_t i = 0; i != result % 3; ++i) records.push_back(Kind::make(result + i));
            return records;
          }));
      break;
    case op::first_of_key:
      put(in() | leat::stateful_flat_map(name, [on](state& kept_state, datum const& value) {
            std::vector<datum> records;
            bool const first = !kept_state;
            if (first) kept_state.emplace();
            std::uint64_t const result = kept_state->take(Kind::number(value), on.f, on.in_order);
            if (first) records.push_back(Kind::make(result));
            return records;
          }));
      break;
    case op::stateful:
      put(in() | leat::stateful(name, [step](std::optional<running> const& resumed) {
            return running_logic<Kind>(resumed, step);
          }));
      break;
    case op::stateful_batch:
      put(in() | leat::stateful_batch(name, [step](std::optional<running> const& resumed) {
            return running_logic<Kind>(resumed, step);
          }));
      break;
    case op::stateful_later:
      put(in() | leat::stateful(name, [step](std::optional<std::vector<datum>> resumed) {
            return later_logic<Kind>(std::move(resumed), step);
          }));
      break;
    case op::stateful_at_once:
      put(in() | leat::stateful(name, [](std::optional<std::vector<datum>> resumed) {
            return at_once_logic<Kind>(std::move(resumed));
          }));
      break;
    case op::collect:
      put(collected<Kind>(in(), step) |
          leat::map_value(name + "_digest", [in_order = step.in_order, number](std::vector<datum> const& group) {
            std::vector<std::uint64_t> values;
            for (datum const& value : group) values.push_back(number(value));
            return Kind::make(digest_of_group(values, in_order));
          }));
      break;
    case op::collect_timed:
      put(collected<Kind>(in(), step) |
          leat::flat_map_value(name + "_each", [](std::vector<datum> group) { return group; }));
      break;
    case op::fold_final:
      put(in() | leat::fold_final(
                     name, [] { return Kind::make(0); },
                     [f = step.f, in_order = step.in_order](datum&& sum, datum const& value) -> datum&& {
                       std::uint64_t const next = Kind::number(sum) + f(Kind::number(value));
                       sum = Kind::make(in_order ? mixed(next) : next);
                       return std::move(sum);
                     }));
      break;
    case op::reduce_final:
      put(in() | leat::reduce_final(name, reducer_in_place<Kind>(step.in_order)));
      break;
    case op::max_final:
      put(in() | leat::max_final(name, number));
      break;
    case op::min_final:
      put(in() | leat::min_final(name, number));
      break;
    case op::count_final:
      put(in() |
          leat::count_final(name, [f = step.f, keys = step.keys](
                                      record const& r) { return Kind::make_key(f(Kind::number(r.second)) % keys); }) |
          leat::map_value(name + "_map", [](std::uint64_t count) { return Kind::make(count); }));
      break;
    case op::chain_stateful_map:
      put(in() | leat::filter(name + "_filter", keeps) | leat::map(name + "_map", changed) |
          leat::stateful_map(name, take));
      break;
    case op::chain_reduce_final:
      put(in() | leat::filter(name + "_filter", keeps) | leat::map(name + "_map", changed) |
          leat::reduce_final(name, reducer<Kind>(step.in_order)));
      break;
    case op::join:
      put(step.from.size() == 2 ? joined_rows<Kind>(step, in(), to.from(step, 1))
                                : joined_rows<Kind>(step, in(), to.from(step, 1), to.from(step, 2)));
      break;
    default:
      return false;
  }
  return true;
}

template bool add_keyed(drawn_flow<numbers>&, planned_step const&);
template bool add_keyed(drawn_flow<texts>&, planned_step const&);

}  // namespace simulation
