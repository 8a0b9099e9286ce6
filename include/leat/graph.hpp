// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/fwd.hpp>

#include <cstddef>
#include <cstdint>
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
  /// The place is that of the call, unless it is given.
  step_name(char const* name, std::source_location place = std::source_location::current());
  /// The place is that of the call, unless it is given.
  step_name(std::string name, std::source_location place = std::source_location::current());
  // What descriptions of flows are made of is declared here and compiled once: every step would compile it again.
  step_name(step_name&& other) noexcept;
  step_name(step_name const& other);
  step_name& operator=(step_name&& other) noexcept;
  step_name& operator=(step_name const& other);
  ~step_name();

  /// A stateless step without a name gets one by its position: `map_3`.
  static step_name by_position(std::source_location place);

  /// Empty for a step that is named by its position.
  std::string text;
  /// Where the step is written, for messages.
  std::source_location location;
};

namespace detail {

/// What a run that goes on from a store has of a step.
enum class after_restart : std::uint8_t {
  goes_on,  ///< what it was; or there is nothing of it that could be lost
  repeats,  ///< a sink: records of an epoch that is repeated come again
  anew,     ///< nothing: it begins anew
};

/// What a person sees of a step: in pictures, in error messages, in `inspect_debug`.
struct step_info {
  step_info(std::string_view kind_of_step, step_name const& given, after_restart has_of_it = after_restart::goes_on);
  step_info(step_info&& other) noexcept;
  step_info(step_info const& other);
  step_info& operator=(step_info&& other) noexcept;
  step_info& operator=(step_info const& other);
  ~step_info();

  std::string kind;  ///< the operator: `map`, `input`, `stateful_map` ...
  std::string name;  ///< the full path, `flow.step.inner`, once the flow has taken the step in
  std::source_location location;
  after_restart resumed;
};

inline constexpr std::string_view exactly_once = "exactly once";
inline constexpr std::string_view at_least_once = "at least once";
inline constexpr std::string_view from_the_beginning_again = "from the beginning again";
inline constexpr std::string_view cannot_be_read_again = "cannot be read again";  ///< an input that is a pipe
inline constexpr std::string_view begins_anew = "begins anew";

/// What a run that goes on from a store promises of this step, in the words of pictures and of the line with which such
/// a run begins. Empty for a step between inputs and outputs of which nothing can be lost.
std::string_view guarantee_of(step_info const& step);

/// An output of a node: where a stream comes from.
struct port {
  std::size_t node = 0;
  std::size_t index = 0;
};

/// One node of the description: a step, or a run of stateless steps that are one loop. A node only describes;
/// `build` makes the running form of it, once per worker.
class node {
 public:
  explicit node(step_info only);
  node(step_info only, port from);
  node(list<step_info>&& run, port from);
  node(step_info only, list<port> inputs_of_node);
  node(node const&) = delete;
  node& operator=(node const&) = delete;
  virtual ~node();

  virtual void build(worker_builder& worker) const = 0;

  /// Partitioned sources and sinks: what there is to share out among the workers.
  virtual bool has_partitions() const;
  virtual std::vector<std::string> list_parts(file_system& files) const;
  /// The file that such a partition stands in (`-`: standard input or output), empty where it is none; the empty name
  /// asks a step without partitions.
  virtual std::string file_of(std::string const& part) const;
  virtual bool writes_files() const;
  /// Throws what opening it would throw, as far as that can be known without opening it.
  virtual void check_part(std::string const& part, file_system& files) const;

  step_info const& step() const { return steps.front(); }

  std::size_t id = 0;
  list<step_info> steps;  ///< never empty; several for a fused run, in the order of travel
  list<port> inputs;
  bool keeps_lanes = false;  ///< its records leave it while it is given them: the order of a source's partitions stays
  std::string_view routing;  ///< how records leave it, when not straight on: "exchange by key" ...
  void (*describe_records)(record_description& to) = nullptr;  ///< tells what travels then
  std::string parameters;  ///< of a step: what another process, and a run that goes on, has to have the same
  /// The names of a step's outputs, apart by spaces, where it has several.
  std::string_view outputs;
  void (*describe_rows)(record_description& to) = nullptr;  ///< tells what a state keeps of a key; null: there is none
};

/// The nodes of a flow, in an order in which every node comes after those that feed it, and the scope that
/// names are given in.
class graph {
 public:
  explicit graph(step_name name);
  graph(graph const&) = delete;
  graph& operator=(graph const&) = delete;
  ~graph();

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

  node& at(port port) { return *nodes_[port.node]; }

  /// Steps that are still being fused are no node yet: the graph knows their run by its number and its last step, so
  /// that one whose stream is dropped is missed.
  std::size_t begin_run(step_info const& first);
  void extend_run(std::size_t run, step_info const& last);
  void end_run(std::size_t run);

  /// Throws flow_error when there is no input, no output, or a stream that ends in nothing.
  void refuse_unfinished() const;

  /// Throws flow_error when a stream ends in nothing: its records would be lost without a word.
  void refuse_unended() const;

  /// Of a stream whose records cannot be copied. Throws flow_error for a second consumer.
  void use_once(port place);

  /// The scopes that `compose` opened, as steps: pictures draw a box around what is inside.
  list<step_info> const& scopes() const { return scopes_; }

 private:
  struct taken {
    std::string name;
    std::source_location location;
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

std::string place_of(std::source_location const& location);

/// Whether a flow may end in this step.
bool is_an_end(step_info const& step);

/// An operator of several streams joins streams of one flow.
[[gnu::cold]] void refuse_two_flows(std::string_view kind, step_name const& name,
                                    std::initializer_list<graph const*> graphs);

}  // namespace detail
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/graph.ipp>
#endif
