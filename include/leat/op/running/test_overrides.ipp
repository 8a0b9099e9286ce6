// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/test_overrides.hpp>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE of_records* records_by_step::find(std::string const& step) const {
  for (of_records* const recorder : records_)
    if (recorder->step == step) return recorder;
  return nullptr;
}

LEAT_INLINE start_position::start_position(std::string of_step, std::string of_partition, std::string type)
    : step(std::move(of_step)), partition(std::move(of_partition)), position_name(std::move(type)) {}

LEAT_INLINE bool test_overrides::keeps(std::string const& step) const {
  for (std::string const& name : kept)
    if (name == step) return true;
  return false;
}

LEAT_INLINE bool test_overrides::replaces(step_info const& step) const {
  if (inputs.find(step.name) != nullptr) return true;
  return step.kind == "output" && !keeps(step.name);
}

LEAT_INLINE void test_overrides::refuse_mistakes(graph const& flow) const {
  for (of_records const* given : inputs) refuse_unknown(flow, given->step, "input", "");
  for (std::string const& name : kept) refuse_unknown(flow, name, "output", "input");
  for (node const* described : flow.nodes())
    for (step_info const& step : described->steps)
      if (step.kind == "input" && inputs.find(step.name) == nullptr && !keeps(step.name)) refuse_unfed(step);
}

LEAT_INLINE void test_overrides::add_function(step_info const& step) {
  std::lock_guard const lock(mutex_);
  functions_.push_back(step.name);
}

LEAT_INLINE bool test_overrides::is_function(std::string const& step) {
  std::lock_guard const lock(mutex_);
  for (std::string const& name : functions_)
    if (name == step) return true;
  return false;
}

LEAT_INLINE void test_overrides::refuse_type(step_info const& step, std::string const& wanted,
                                             of_records const& given) {
  throw flow_error(concat({"input \"", step.name, "\" (", place_of(step.location), ") gives records of type ", wanted,
                           ", and the test feeds it records of type ", given.record_name()}));
}

LEAT_INLINE void test_overrides::refuse_position(step_info const& step, std::string const& wanted,
                                                 std::string const& given) {
  throw flow_error(concat({"input \"", step.name, "\" (", place_of(step.location), ") has positions of type ", wanted,
                           ", and the test starts it at one of type ", given}));
}

LEAT_INLINE void test_overrides::refuse_unfed(step_info const& step) {
  throw flow_error(concat({"the test does not feed input \"", step.name, "\" (", place_of(step.location),
                           "): feed it, an empty list will do, or keep(\"", step.name.substr(step.name.find('.') + 1),
                           "\") so that it runs its own source"}));
}

LEAT_INLINE void test_overrides::refuse_unknown(graph const& flow, std::string const& name, std::string const& kind,
                                                std::string const& other_kind) {
  std::string known;
  for (node const* described : flow.nodes())
    for (step_info const& step : described->steps) {
      if (step.kind != kind && step.kind != other_kind) continue;
      if (step.name == name) return;
      known += concat({known.empty() ? "" : ", ", "\"", step.name, "\""});
    }
  throw flow_error(concat({"the test names an ", kind, other_kind.empty() ? "" : " or ", other_kind, " \"", name,
                           "\", which the flow does not have; it has ", known.empty() ? "none" : known}));
}

}  // namespace leat::detail
