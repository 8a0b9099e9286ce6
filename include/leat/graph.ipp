// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/fwd.hpp>
#include <leat/graph.hpp>

#include <cstddef>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat {

LEAT_INLINE step_name::step_name(char const* name, std::source_location place) : text(name), location(place) {}
LEAT_INLINE step_name::step_name(std::string name, std::source_location place)
    : text(std::move(name)), location(place) {}
LEAT_INLINE step_name::step_name(step_name&&) noexcept = default;
LEAT_INLINE step_name::step_name(step_name const&) = default;
LEAT_INLINE step_name& step_name::operator=(step_name&&) noexcept = default;
LEAT_INLINE step_name& step_name::operator=(step_name const&) = default;
LEAT_INLINE step_name::~step_name() = default;
LEAT_INLINE step_name step_name::by_position(std::source_location place) { return {std::string{}, place}; }

}  // namespace leat

namespace leat::detail {

LEAT_INLINE step_info::step_info(std::string_view kind_of_step, step_name const& given, after_restart has_of_it)
    : kind(kind_of_step), name(given.text), location(given.location), resumed(has_of_it) {}
LEAT_INLINE step_info::step_info(step_info&&) noexcept = default;
LEAT_INLINE step_info::step_info(step_info const&) = default;
LEAT_INLINE step_info& step_info::operator=(step_info&&) noexcept = default;
LEAT_INLINE step_info& step_info::operator=(step_info const&) = default;
LEAT_INLINE step_info::~step_info() = default;

LEAT_INLINE std::string_view guarantee_of(step_info const& step) {
  bool const keeps_memory_of_its_own =
      step.kind == "step" || step.kind == "flat_map_batch" || step.kind == "enrich_cached";
  if (step.kind == "exchange") return {};  // the way to a step, and what the step itself is told of
  if (step.resumed == after_restart::repeats) return at_least_once;
  if (step.resumed == after_restart::anew && step.kind == "input") return from_the_beginning_again;
  if (step.resumed == after_restart::anew || keeps_memory_of_its_own) return begins_anew;
  return step.kind == "input" || step.kind == "output" ? exactly_once : std::string_view();
}

LEAT_INLINE node::node(step_info only) { steps.push_back(std::move(only)); }
LEAT_INLINE node::node(step_info only, port from) : node(std::move(only)) { inputs.push_back(from); }
LEAT_INLINE node::node(list<step_info>&& run, port from) : steps(std::move(run)) { inputs.push_back(from); }
LEAT_INLINE node::node(step_info only, list<port> inputs_of_node) : inputs(std::move(inputs_of_node)) {
  steps.push_back(std::move(only));
}

LEAT_INLINE node::~node() = default;
LEAT_INLINE bool node::has_partitions() const { return false; }
LEAT_INLINE std::vector<std::string> node::list_parts(file_system&) const { return {}; }
LEAT_INLINE std::string node::file_of(std::string const&) const { return {}; }
LEAT_INLINE bool node::writes_files() const { return false; }
LEAT_INLINE void node::check_part(std::string const&, file_system&) const {}

LEAT_INLINE std::string place_of(std::source_location const& location) {
  return concat({location.file_name(), ":", std::to_string(location.line())});
}

LEAT_INLINE graph::~graph() = default;
LEAT_INLINE graph::graph(step_name name) : name_(name.text), scope_(name.text) {
  if (name.text.empty()) throw flow_error(concat({"a flow needs a name (", place_of(name.location), ")"}));
  if (name.text.find('.') != std::string::npos)
    throw flow_error(concat(
        {"the name of the flow, \"", name.text, "\", may not contain a full stop (", place_of(name.location), ")"}));
}

LEAT_INLINE void graph::name_step(step_info& step) {
  if (step.name.empty()) step.name = concat({step.kind, "_", std::to_string(++unnamed_)});
  if (step.name.find('.') != std::string::npos)
    throw flow_error(concat({"the name of a step, \"", step.name, "\", may not contain a full stop: it separates a ",
                             "step from those inside it (", place_of(step.location), ")"}));
  step.name = concat({scope_, ".", step.name});
  for (taken const& other : names_)
    if (other.name == step.name)
      throw flow_error(concat({"two steps are named \"", step.name, "\": at ", place_of(other.location), " and at ",
                               place_of(step.location), "; a name is unique in its scope"}));
  names_.push_back({step.name, step.location});
}

LEAT_INLINE void graph::use_once(port place) {
  for (port const& used : used_once_)
    if (used.node == place.node && used.index == place.index) {
      step_info const& step = at(place).steps.back();
      throw flow_error(concat({"the records behind step \"", step.name, "\" (", place_of(step.location),
                               ") cannot be copied, so one step only can take them, and two are given that stream"}));
    }
  used_once_.push_back(place);
}

LEAT_INLINE void graph::open_scope(step_info& step) {
  name_step(step);
  scopes_.push_back(step);
  outer_lengths_.push_back(scope_.size());
  scope_ = step.name;
}

LEAT_INLINE void graph::close_scope() {
  scope_.resize(outer_lengths_.back());
  outer_lengths_.pop_back();
}

LEAT_INLINE std::size_t graph::begin_run(step_info const& first) {
  runs_.push_back({first.name, first.location});
  return runs_.size() - 1;
}

LEAT_INLINE bool is_an_end(step_info const& step) {
  return step.kind == "output" || step.kind == "raises" || step.kind.starts_with("inspect");
}

LEAT_INLINE bool graph::followed(node const& last) const {
  for (node const* const reader : nodes_)
    for (port const& from : reader->inputs)
      if (from.node == last.id) return true;
  return false;
}

LEAT_INLINE void graph::refuse_unfinished() const {
  bool input = false;
  bool output = false;
  for (node const* const described : nodes_)
    for (step_info const& step : described->steps) {
      input = input || step.kind == "input";
      output = output || is_an_end(step);
    }
  if (!input) throw flow_error(concat({"flow \"", name_, "\" has no input: begin it with flow.input(name, source)"}));
  if (!output) throw flow_error(concat({"flow \"", name_, "\" has no output: end it with | output(name, sink)"}));
  refuse_unended();
}

LEAT_INLINE void graph::refuse_unended() const {
  auto const refuse = [](std::string const& step, std::source_location const& location) {
    throw flow_error(concat({"nothing follows step \"", step, "\" (", place_of(location),
                             "), so its records would be lost: end the stream with | output(name, sink)"}));
  };
  for (taken const& run : runs_)
    if (!run.name.empty()) refuse(run.name, run.location);
  for (node const* const last : nodes_)
    if (!is_an_end(last->steps.back()) && !followed(*last))
      refuse(last->steps.back().name, last->steps.back().location);
}

LEAT_INLINE void refuse_two_flows(std::string_view kind, step_name const& name,
                                  std::initializer_list<graph const*> graphs) {
  for (graph const* other : graphs)
    if (other != *graphs.begin())
      throw flow_error(
          concat({kind, name.text.empty() ? "" : concat({" \"", name.text, "\""}), " (", place_of(name.location),
                  ") is given streams of two flows, \"", (*graphs.begin())->name(), "\" and \"", other->name(),
                  "\": the streams have to be of one flow"}));
}

LEAT_INLINE void graph::extend_run(std::size_t run, step_info const& last) { runs_[run] = {last.name, last.location}; }
LEAT_INLINE void graph::end_run(std::size_t run) { runs_[run].name.clear(); }

}  // namespace leat::detail
