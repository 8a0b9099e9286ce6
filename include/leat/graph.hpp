// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/fwd.hpp>

#include <cstddef>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat {

/// A step's name together with the place in the user's program where it was written. The place is what error
/// messages point at. A name may not be empty nor contain a full stop, and is unique in its scope: the flow
/// checks this when the step is added.
struct step_name {
  step_name(char const* name, std::source_location place = std::source_location::current())
      : text(name), where(place) {}
  step_name(std::string name, std::source_location place = std::source_location::current())
      : text(std::move(name)), where(place) {}

  /// A stateless step without a name gets one by its position: `map_3`.
  static step_name by_position(std::source_location place) { return {std::string{}, place}; }

  std::string text;
  std::source_location where;
};

namespace detail {

/// What a person sees of a step: in pictures, in error messages, in `inspect_debug`.
struct step_info {
  [[gnu::noinline]] step_info(std::string_view kind_of_step, step_name const& given)
      : kind(kind_of_step), name(given.text), where(given.where) {}

  std::string kind;              ///< the operator: `map`, `input`, `stateful_map` ...
  std::string name;              ///< the full path, `flow.step.inner`, once the flow has taken the step in
  std::source_location where;
};

/// An output of a node: where a stream comes from.
struct port {
  std::size_t node = 0;
  std::size_t index = 0;
};

/// One node of the description: a step, or a run of stateless steps that are one loop. A node only describes;
/// `build` makes the running form of it, once per worker.
class node {
 public:
  [[gnu::noinline]] explicit node(step_info only) { steps.push_back(std::move(only)); }
  node(step_info only, port from) : node(std::move(only)) { inputs.push_back(from); }
  node(list<step_info> run, port from) : steps(std::move(run)) { inputs.push_back(from); }
  node(step_info only, list<port> inputs_of_node) : inputs(std::move(inputs_of_node)) {
    steps.push_back(std::move(only));
  }
  node(node const&) = delete;
  node& operator=(node const&) = delete;
  virtual ~node() = default;

  virtual void build(assembly& worker) const = 0;

  /// Partitioned sources and sinks: what there is to share out among the workers.
  virtual bool has_partitions() const { return false; }
  virtual std::vector<std::string> list_parts() const { return {}; }
  /// The file that such a partition stands in (`-`: standard input or output), empty where it is none; the empty name
  /// asks a step without partitions.
  virtual std::string file_of(std::string const& part) const { return part.substr(part.size()); }
  virtual bool writes_files() const { return false; }
  /// Throws what opening it would throw, as far as that can be known without opening it.
  virtual void check_part(std::string const& part) const { static_cast<void>(part); }

  step_info const& step() const { return steps.front(); }

  std::size_t id = 0;
  list<step_info> steps;  ///< never empty; several for a fused run, in the order of travel
  list<port> inputs;
  std::string_view movement;     ///< how records leave it, when not straight on: "exchange by key" ...
  void (*describe_records)(record_description& to) = nullptr;  ///< tells what travels then
};

/// The nodes of a flow, in an order in which every node comes after those that feed it, and the scope that
/// names are given in.
class graph {
 public:
  explicit graph(step_name name);

  std::string const& name() const { return name_; }
  owners<node> const& nodes() const { return nodes_; }

  /// Takes a step's name in: completes it to its full path, or gives one by position.
  /// Throws flow_error when the name is not a good one or stands in this scope already.
  void name_step(step_info& step);

  /// Opens a scope: the names given until `close_scope` are below this step's.
  void open_scope(step_info& step);
  void close_scope();

  template <class Node, class... Args>
  port add(Args&&... args) {
    std::size_t const id = nodes_.size();
    nodes_.template add<Node>(std::forward<Args>(args)...).id = id;
    return {id, 0};
  }

  node& at(port where) { return *nodes_[where.node]; }

  /// Steps that are still being fused are no node yet: the graph knows their run by its number and its last step, so that
  /// one whose stream is dropped is missed.
  std::size_t begin_run(step_info const& first);
  void extend_run(std::size_t run, step_info const& last) { runs_[run] = {last.name, last.where}; }
  void end_run(std::size_t run) { runs_[run].name.clear(); }

  /// Throws flow_error when a stream ends in nothing: its records would be lost without a word.
  void refuse_unended() const;

  /// Of a stream whose records cannot be copied. Throws flow_error for a second consumer.
  void use_once(port where);

  /// The scopes that `compose` opened, as steps: pictures draw a box around what is inside.
  list<step_info> const& scopes() const { return scopes_; }

 private:
  struct taken {
    std::string name;
    std::source_location where;
  };

  bool followed(node const& last) const;

  std::string name_;
  std::string scope_;
  list<std::size_t> outer_lengths_;
  list<taken> names_;
  list<step_info> scopes_;
  owners<node> nodes_;
  list<taken> runs_;  ///< the last step of each run that fuses; no name: it is a node
  list<port> used_once_;
  std::size_t unnamed_ = 0;
};

/// Names given while it lives are inside `step`.
class scope {
 public:
  scope(graph& in, step_info& step) : graph_(in) { graph_.open_scope(step); }
  scope(scope const&) = delete;
  scope& operator=(scope const&) = delete;
  ~scope() { graph_.close_scope(); }

 private:
  graph& graph_;
};

inline std::string place_of(std::source_location const& where) {
  return concat({where.file_name(), ":", std::to_string(where.line())});
}

inline graph::graph(step_name name) : name_(name.text), scope_(name.text) {
  if (name.text.empty()) throw flow_error(concat({"a flow needs a name (", place_of(name.where), ")"}));
  if (name.text.find('.') != std::string::npos)
    throw flow_error(concat({"the name of the flow, \"", name.text, "\", may not contain a full stop (",
                             place_of(name.where), ")"}));
}

[[gnu::noinline]] inline void graph::name_step(step_info& step) {
  if (step.name.empty()) step.name = concat({step.kind, "_", std::to_string(++unnamed_)});
  if (step.name.find('.') != std::string::npos)
    throw flow_error(concat({"the name of a step, \"", step.name, "\", may not contain a full stop: it separates a ",
                             "step from those inside it (", place_of(step.where), ")"}));
  step.name = concat({scope_, ".", step.name});
  for (taken const& other : names_)
    if (other.name == step.name)
      throw flow_error(concat({"two steps are named \"", step.name, "\": at ", place_of(other.where), " and at ",
                               place_of(step.where), "; a name is unique in its scope"}));
  names_.push_back({step.name, step.where});
}

[[gnu::cold]] inline void graph::use_once(port where) {
  for (port const& used : used_once_)
    if (used.node == where.node && used.index == where.index) {
      step_info const& step = at(where).steps.back();
      throw flow_error(concat({"the records behind step \"", step.name, "\" (", place_of(step.where),
                               ") cannot be copied, so one step only can take them, and two are given that stream"}));
    }
  used_once_.push_back(where);
}

inline void graph::open_scope(step_info& step) {
  name_step(step);
  scopes_.push_back(step);
  outer_lengths_.push_back(scope_.size());
  scope_ = step.name;
}

inline void graph::close_scope() {
  scope_.resize(outer_lengths_.back());
  outer_lengths_.pop_back();
}

[[gnu::noinline]] inline std::size_t graph::begin_run(step_info const& first) {
  runs_.push_back({first.name, first.where});
  return runs_.size() - 1;
}

/// Whether a flow may end in this step.
inline bool is_an_end(step_info const& step) {
  return step.kind == "output" || step.kind == "raises" || step.kind.starts_with("inspect");
}

inline bool graph::followed(node const& last) const {
  for (node const* const reader : nodes_)
    for (port const& from : reader->inputs)
      if (from.node == last.id) return true;
  return false;
}

inline void graph::refuse_unended() const {
  auto const refuse = [](std::string const& step, std::source_location const& where) {
    throw flow_error(concat({"nothing follows step \"", step, "\" (", place_of(where),
                             "), so its records would be lost: end the stream with | output(name, sink)"}));
  };
  for (taken const& run : runs_)
    if (!run.name.empty()) refuse(run.name, run.where);
  for (node const* const last : nodes_)
    if (!is_an_end(last->steps.back()) && !followed(*last)) refuse(last->steps.back().name, last->steps.back().where);
}

/// An operator of several streams joins streams of one flow.
[[gnu::cold]] inline void refuse_two_flows(std::string_view kind, step_name const& name,
                                           std::initializer_list<graph const*> graphs) {
  for (graph const* other : graphs)
    if (other != *graphs.begin())
      throw flow_error(concat({kind, name.text.empty() ? "" : concat({" \"", name.text, "\""}), " (", place_of(name.where),
                               ") is given streams of two flows, \"", (*graphs.begin())->name(), "\" and \"",
                               other->name(), "\": the streams have to be of one flow"}));
}

}  // namespace detail
}  // namespace leat
