// SPDX-License-Identifier: BSL-1.0
#include "simulation/build.hpp"
#include "simulation/functions.hpp"
#include "simulation/kinds.hpp"
#include "simulation/meaning.hpp"

#include <leat/op/branch.hpp>
#include <leat/op/compose.hpp>
#include <leat/op/enrich_cached.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/filter_map.hpp>
#include <leat/op/filter_map_value.hpp>
#include <leat/op/filter_value.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/flat_map_batch.hpp>
#include <leat/op/flat_map_value.hpp>
#include <leat/op/flatten.hpp>
#include <leat/op/inspect.hpp>
#include <leat/op/inspect_debug.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/key_rm.hpp>
#include <leat/op/map.hpp>
#include <leat/op/map_value.hpp>
#include <leat/op/merge.hpp>
#include <leat/route/redistribute.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace simulation {

template <class Kind>
bool add_stateless(drawn_flow<Kind>& to, planned_step const& step, seen& at) {
  using key = typename Kind::key;
  using datum = typename Kind::datum;
  using record = typename Kind::record;
  using leat::stream;
  on_records<Kind> const on(step);
  auto const changed = [on](record const& r) { return record(r.first, on.changed(r.second)); };
  auto const keeps = [on](record const& r) { return on.keeps(r.second); };
  auto const copies = [on](record const& r) { return on.copies(r); };
  std::string const name = step.name();
  auto const put = [&](auto&& result) { to.put(step, stream<record>(std::move(result))); };
  auto const in = [&]() -> stream<record>& { return to.from(step); };

  switch (step.kind) {
    case op::map:
      put(in() | leat::map(name, changed));
      break;
    case op::map_key:
      put(in() | leat::map(name, [on](record&& r) -> record&& {
            r.first = on.new_key(r.second);
            return std::move(r);
          }));
      break;
    case op::filter:
      put(in() | leat::filter(name, keeps));
      break;
    case op::flat_map:
      put(in() | leat::flat_map(name, copies));
      break;
    case op::flat_map_emit:
      put(in() | leat::flat_map<record>(name, [on, careless = step.careless](record const& r, auto const& emit) {
            for (record& copy : on.copies(r)) emitting(careless, [&] { emit(std::move(copy)); });
          }));
      break;
    case op::filter_map:
      put(in() | leat::filter_map(name, [on](record const& r) {
            return on.keeps(r.second) ? std::optional(record(r.first, on.changed(r.second))) : std::nullopt;
          }));
      break;
    case op::flatten:
      put(in() | leat::map(name + "_map", copies) | leat::flatten(name));
      break;
    case op::map_value:
      put(in() | leat::map_value(name, [on](datum const& v) { return on.changed(v); }));
      break;
    case op::map_value_to_view:
      put(in() |
          leat::map_value(name,
                          [on, kept = datum()](datum const& v) mutable -> decltype(auto) {
                            kept = on.changed(v);
                            return Kind::view(kept);
                          }) |
          leat::map_value(name + "_map", [](typename Kind::owned_view const& v) { return Kind::of_view(v); }));
      break;
    case op::flat_map_value:
      put(in() | leat::flat_map_value(name, [on](datum const& v) { return on.values(v); }));
      break;
    case op::filter_value:
      put(in() | leat::filter_value(name, [on](datum const& v) { return on.keeps(v); }));
      break;
    case op::filter_map_value:
      put(in() | leat::filter_map_value(
                     name, [on](datum const& v) { return on.keeps(v) ? std::optional(on.changed(v)) : std::nullopt; }));
      break;
    case op::key_on:
      put(in() | leat::key_on(name, [on](record const& r) { return on.new_key(r.second); }) |
          leat::map(name + "_map", [](std::pair<key, record> const& r) {
            return record(r.first, Kind::make(Kind::number(r.second.second) + Kind::number_of_key(r.second.first)));
          }));
      break;
    case op::key_rm:
      put(in() | leat::key_rm(name) | leat::map(name + "_map", [on](datum v) {
            key k = on.new_key(v);
            return record(std::move(k), std::move(v));
          }));
      break;
    case op::flat_map_batch:
      put(in() | leat::flat_map_batch(name, [on](std::span<record> batch) {
            std::vector<record> records;
            for (record& r : batch) {
              record const taken(std::move(r));
              for (record& copy : on.copies(taken)) records.push_back(std::move(copy));
            }
            return records;
          }));
      break;
    case op::inspect:
      put(in() | leat::inspect(name, [&at, number = step.number](record const& r) {
            at_risk.meet(call::function, number);
            at.items.push_back({Kind::number_of_key(r.first), Kind::number(r.second), 0, 0});
          }));
      break;
    case op::inspect_debug:
      put(in() | leat::inspect_debug(name, debugging_function<Kind>(at, step.number)));
      break;
    case op::enrich_cached:
      put(in() | leat::enrich_cached(
                     name, [on](key const& k) { return on.f(Kind::number_of_key(k)); },
                     [](leat::ttl_cache<key, std::uint64_t>& cache, record const& r) {
                       return record(r.first, Kind::make(Kind::number(r.second) + cache.get(r.first)));
                     },
                     std::chrono::microseconds(step.most * 10)));
      break;
    case op::compose:
      put(in() | leat::compose(name, [&](auto up) { return std::move(up) | leat::map("inner", changed); }));
      break;
    case op::branch: {
      auto sides = in() | leat::branch(name, keeps);
      put(std::move(sides.trues));
      to.streams[step.to[1]].emplace(sides.falses);
      break;
    }
    case op::merge:
      if (step.from.size() == 2)
        put(leat::merge(name, in(), to.from(step, 1)));
      else
        put(leat::merge(name, in(), to.from(step, 1), to.from(step, 2)));
      break;
    case op::redistribute:
      put(in() | leat::redistribute(name));
      break;
    case op::redistribute_by_key:
      put(in() | leat::redistribute(name, leat::by([](record const& r) { return r.first; })));
      break;
    case op::redistribute_by_value:
      put(in() | leat::redistribute(
                     name, leat::by([](record const& r) { return typename Kind::owned_view(Kind::view(r.second)); })));
      break;
    case op::chain:
      put(in() | leat::map(name + "_map", changed) | leat::filter(name + "_filter", keeps) |
          leat::flat_map(name + "_flat_map", copies) |
          leat::map_value(name, [on](datum const& v) { return on.changed(v); }));
      break;
    case op::chain_branch: {
      auto sides =
          in() | leat::filter(name + "_filter", keeps) | leat::map(name + "_map", changed) | leat::branch(name, keeps);
      put(std::move(sides.trues));
      to.streams[step.to[1]].emplace(sides.falses);
      break;
    }
    case op::chain_redistribute:
      put(in() | leat::filter(name + "_filter", keeps) | leat::map(name + "_map", changed) |
          leat::flat_map(name + "_flat_map", copies) | leat::redistribute(name));
      break;
    default:
      return false;
  }
  return true;
}

template bool add_stateless(drawn_flow<numbers>&, planned_step const&, seen&);
template bool add_stateless(drawn_flow<texts>&, planned_step const&, seen&);

}  // namespace simulation
