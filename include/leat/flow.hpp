// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/fused_run.hpp>
#include <leat/detail/list.hpp>
#include <leat/detail/pack.hpp>
#include <leat/fwd.hpp>
#include <leat/graph.hpp>
#include <leat/record.hpp>

#include <memory>
#include <type_traits>
#include <utility>

/// The language: what `|` builds. A stream's type begins with its record; a run of stateless steps is one type until
/// the stream is named as `leat::stream`, used twice, or needed by a step that does not fuse.
namespace leat {

namespace detail {
template <class T>
struct to_batches;
struct stream_access;
}  // namespace detail

/// A place in a flow where records of type T come by. Copying it copies the place, not the records: each use adds
/// a consumer, and every consumer sees every record.
template <class T>
class stream<T, sealed> {
 public:
  using record = T;

  /// Ends a run of fused steps.
  template <class In, class... Ops>
  stream(stream<T, fused<In, Ops...>>&& run);  // NOLINT: conversion is the point
  /// Ends it in place, so that the name `run` can be used again.
  template <class In, class... Ops>
  stream(stream<T, fused<In, Ops...>>& run);  // NOLINT
  /// A const one cannot be ended: a sentence says so.
  template <class In, class... Ops>
  stream(stream<T, fused<In, Ops...>> const& run);  // NOLINT

  stream(stream const& other) : graph_(other.graph_), at_(other.at_) {
    constexpr bool records_can_be_copied = copyable_record<T>;
    static_assert(
        records_can_be_copied,
        "leat: records of this stream cannot be copied, so it has one consumer only and is not copied itself: "
        "write std::move(stream)");
  }
  stream(stream&&) = default;
  stream& operator=(stream const& other) { return *this = stream(other); }
  stream& operator=(stream&&) = default;
  ~stream() = default;

 private:
  friend struct detail::stream_access;
  stream(detail::graph& graph, detail::port at) : graph_(&graph), at_(at) {}

  detail::graph* graph_;
  detail::port at_;
};

/// A stream whose last steps are still being fused: what `auto` holds. Move it on with `|`, or seal it by
/// `leat::stream s = ...`; using a named one seals it in place.
/// A flow with one that is neither piped on nor sealed is refused when it is run: its steps would not be.
template <class T, class In, class... Ops>
class [[nodiscard("leat: nothing follows these steps, so the flow cannot run: end them with output(...)")]] stream<
    T, fused<In, Ops...>> {
 public:
  using record = T;
  stream(stream&&) = default;
  stream& operator=(stream&&) = default;
  stream(stream const&) = delete;
  stream& operator=(stream const&) = delete;

 private:
  friend struct detail::stream_access;
  stream(detail::fused_run run, detail::pack<Ops...> ops) : run_(std::move(run)), ops_(std::move(ops)) {}

  detail::fused_run run_;
  detail::pack<Ops...> ops_;
};

template <>
class stream<poison, sealed> {
 public:
  using record = poison;
};
template <>
class stream<finished, sealed> {
 public:
  using record = finished;
};

template <class T, class Steps>
stream(stream<T, Steps>) -> stream<T>;

/// A stream of pairs of key and value. Every stream of `std::pair` is one.
template <class K, class V>
using keyed_stream = stream<std::pair<K, V>>;

namespace detail {

template <class S>
inline constexpr bool is_stream = false;
template <class T, class Steps>
inline constexpr bool is_stream<stream<T, Steps>> = true;
template <class S>
concept a_stream = is_stream<std::remove_cvref_t<S>>;

template <class S>
using record_of = typename std::remove_cvref_t<S>::record;

/// A step before this one was refused, or was a sink: its own sentence has been or will be said, ours would be noise.
template <class S>
inline constexpr bool silent = std::is_same_v<record_of<S>, poison> || std::is_same_v<record_of<S>, finished>;

/// What a refused step returns.
template <class S>
stream<poison> refused(S&&) {
  constexpr bool something_precedes_that_is_not_a_sink = !std::is_same_v<record_of<S>, finished>;
  static_assert(something_precedes_that_is_not_a_sink,
                "leat: output(...) ends a stream: no step can be piped after a sink. Name the stream before the "
                "output and use it twice instead");
  return {};
}

/// The machinery's view of a stream.
struct stream_access {
  template <class T>
  static stream<T> make(graph& in, port at) {
    return {in, at};
  }
  template <class T>
  static graph& graph_of(stream<T> const& s) {
    return *s.graph_;
  }
  template <class T, class In, class... Ops>
  static graph& graph_of(stream<T, fused<In, Ops...>> const& s) {
    return s.run_.still_here();
  }

  template <class T>
  static port seal(stream<T> const& s) {
    return s.at_;
  }
  template <class T, class In, class... Ops>
  static port seal(stream<T, fused<In, Ops...>>& s) {
    if (!s.run_.sealed()) {
      graph& in = s.run_.still_here();
      s.run_.end(in);
      s.run_.seal_as(in.template add<kernel_node<In, to_batches<T>, Ops...>>(std::move(s.ops_), to_batches<T>{},
                                                                             std::move(s.run_.steps()), s.run_.from()));
    }
    return s.run_.sealed_as();
  }
  template <class T, class In, class... Ops>
  static port seal(stream<T, fused<In, Ops...>>&& s) {
    return seal(s);
  }

  /// Where a consumer of the stream reads from. Throws flow_error for a second one when the records cannot be copied.
  template <class S>
  static port use(S& s) {
    port const at = seal(s);
    if constexpr (!copyable_record<typename S::record>) graph_of(s).use_once(at);
    return at;
  }

  /// One more step in a run that goes on.
  template <class U, class T, class In, class... Ops, class Op>
  static stream<U, fused<In, Ops..., Op>> append(stream<T, fused<In, Ops...>>&& s, Op op, step_info step) {
    graph& in = s.run_.give_away();
    s.run_.end(in);  // a name that is refused ends it: whoever catches that error knows
    in.name_step(step);
    s.run_.add(in, std::move(step));
    return {fused_run(in, std::move(s.run_)), std::move(s.ops_).and_then(std::move(op))};
  }
  /// The first step of a run, after a stream that is sealed, or is sealed by this use.
  template <class U, class T, class Op>
  static stream<U, fused<T, Op>> begin(graph& in, port from, Op op, step_info step) {
    in.name_step(step);
    return {fused_run(in, from, std::move(step)), pack<Op>(std::move(op))};
  }

  /// Ends a run in a node of its own kind: a sink, an exchange.
  template <class RunEnd, class T, class In, class... Ops>
  static port finish(stream<T, fused<In, Ops...>>&& s, RunEnd run_end, step_info step) {
    graph& in = s.run_.give_away();
    s.run_.add(in, std::move(step));
    s.run_.end(in);
    return in.template add<kernel_node<In, RunEnd, Ops...>>(std::move(s.ops_), std::move(run_end),
                                                            std::move(s.run_.steps()), s.run_.from());
  }
  /// Ends a run in a node whose kind its last step decides: `run_end_of(last op)`.
  template <class T, class In, class... Ops, class RunEndOf>
  static port finish_in_last(stream<T, fused<In, Ops...>>&& s, RunEndOf run_end_of) {
    graph& in = s.run_.give_away();
    s.run_.end(in);
    return finish_in_last_of<In>(in, std::move(s.run_.steps()), s.run_.from(), std::move(s.ops_), std::move(run_end_of),
                                 std::make_index_sequence<sizeof...(Ops) - 1>{});
  }
  template <class RunEnd, class T>
  static port finish(graph& in, port from, RunEnd run_end, step_info step) {
    return in.template add<kernel_node<T, RunEnd>>(pack<>{}, std::move(run_end), std::move(step), from);
  }

 private:
  template <class In, class... Ops, class RunEndOf, std::size_t... Index>
  static port finish_in_last_of(graph& in, list<step_info>&& steps, port from, pack<Ops...> ops, RunEndOf run_end_of,
                                std::index_sequence<Index...>) {
    auto run_end = run_end_of(std::move(in_pack<sizeof...(Index)>(ops)));
    using rest = pack<type_in_pack<Index, pack<Ops...>>...>;
    return in.template add<kernel_node<In, decltype(run_end), type_in_pack<Index, pack<Ops...>>...>>(
        rest(std::move(in_pack<Index>(ops))...), std::move(run_end), std::move(steps), from);
  }
};

template <class S>
inline constexpr bool still_fusing = !std::is_lvalue_reference_v<S> && !std::is_same_v<S, stream<record_of<S>>>;

template <class S>
inline constexpr bool is_sealed = std::is_same_v<std::remove_cvref_t<S>, stream<record_of<S>>>;

/// Whether a stream may be used as it stands, and says why not: when it is given away, or its records can be copied for
/// each use; and when its place is known, or may be noted down by this use.
template <class S>
consteval bool may_be_used() {
  constexpr bool records_can_be_copied_or_the_stream_is_moved =
      !std::is_lvalue_reference_v<S> || copyable_record<record_of<S>>;
  static_assert(records_can_be_copied_or_the_stream_is_moved,
                "leat: records of this stream cannot be copied, so it has one consumer only: write "
                "std::move(stream) | ...");
  constexpr bool stream_is_sealed_or_not_const =
      !records_can_be_copied_or_the_stream_is_moved || is_sealed<S> || !std::is_const_v<std::remove_reference_t<S>>;
  static_assert(stream_is_sealed_or_not_const,
                "leat: the steps of this stream are still being fused, and a const one cannot note that they end here: "
                "write `leat::stream const s = ...`, which seals it, or `auto s = ...`");
  return records_can_be_copied_or_the_stream_is_moved && stream_is_sealed_or_not_const;
}

/// Adds a stateless step. `U` is the record after it, a template argument so that editors show its name.
template <class U, class S, class Op>
auto append(S&& up, Op op, step_info step) {
  if constexpr (!may_be_used<S>())
    return stream<poison>{};
  else if constexpr (still_fusing<S>) {
    return stream_access::append<U>(std::forward<S>(up), std::move(op), std::move(step));
  } else {
    graph& in = stream_access::graph_of(up);
    return stream_access::begin<U, record_of<S>>(in, stream_access::use(up), std::move(op), std::move(step));
  }
}

/// Adds a step that ends a run: `RunEnd` says what becomes of the records.
template <class S, class RunEnd>
port finish(S&& up, RunEnd run_end, step_info step) {
  if constexpr (!may_be_used<S>())
    return {};
  else if constexpr (still_fusing<S>) {
    return stream_access::finish(std::forward<S>(up), std::move(run_end), std::move(step));
  } else {
    graph& in = stream_access::graph_of(up);
    return stream_access::finish<RunEnd, record_of<S>>(in, stream_access::use(up), std::move(run_end), std::move(step));
  }
}

/// Where a stream's records come from, for a node that reads them batch by batch.
template <class S>
port seal(S&& up) {
  if constexpr (!may_be_used<S>())
    return {};
  else
    return stream_access::use(up);
}

}  // namespace detail

template <class T>
template <class In, class... Ops>
stream<T, sealed>::stream(stream<T, fused<In, Ops...>>&& run)
    : graph_(&detail::stream_access::graph_of(run)), at_(detail::stream_access::seal(run)) {}

template <class T>
template <class In, class... Ops>
stream<T, sealed>::stream(stream<T, fused<In, Ops...>>& run)
    : graph_(&detail::stream_access::graph_of(run)), at_(detail::stream_access::seal(run)) {}
template <class T>
template <class In, class... Ops>
stream<T, sealed>::stream(stream<T, fused<In, Ops...>> const&) : graph_(nullptr) {
  (void)detail::may_be_used<stream<T, fused<In, Ops...>> const&>();
}
namespace detail {
/// Whatever may stand behind a `|` by mistake. Being a conversion, it is taken only where nothing else fits.
struct no_step {
  template <class X>
  no_step(X const&) {}  // NOLINT
};
}  // namespace detail

/// What stands behind the `|` is no step.
template <detail::a_stream S>
stream<poison> operator|(S&&, detail::no_step) {
  constexpr bool a_step_follows = detail::silent<S>;
  static_assert(
      a_step_follows,
      "leat: what stands behind the | is no step: a function goes into map(f), filter(f) and their like, a sink "
      "into output(name, sink)");
  return {};
}

namespace detail {
template <class S>
constexpr void say_that_a_step_is_a_call() {
  constexpr bool step_is_called = silent<S>;
  static_assert(step_is_called, "leat: a step is a call, also without arguments: | key_rm(), not | key_rm");
}

/// A source stands before the `|`.
template <class Source, class Step>
  requires(!a_stream<Source> && requires { typename std::remove_cvref_t<Source>::record; })
stream<poison> operator|(Source&&, Step const&) {
  constexpr bool stream_precedes = std::is_void_v<Step>;
  static_assert(stream_precedes, "leat: a source is no stream: flow.input(name, source) | ... makes one of it");
  return {};
}
}  // namespace detail

/// The operator itself stands behind the `|`.
template <detail::a_stream S, class Step>
stream<poison> operator|(S&&, Step (*)(step_name)) {
  detail::say_that_a_step_is_a_call<S>();
  return {};
}

/// A description of a dataflow. It only describes: one flow can be run many times, with any number of workers.
/// Describe a flow on one thread.
class flow {
 public:
  /// A flow without steps. Its name is the first part of the path of each step. Throws flow_error for a name that is
  /// empty or has a full stop in it.
  explicit flow(step_name name);
  /// The same; `location` is shown by messages about the flow.
  flow(char const* name, std::source_location location = std::source_location::current());
  flow(flow&& other) noexcept;
  flow& operator=(flow&& other) noexcept;
  ~flow();

  /// Where records are born. `source` is one of `leat::from`, or a type of the user's that is a source.
  template <class Source>
  auto input(step_name name, Source source) {
    using record = typename detail::input_node<Source>::record;
    if constexpr (std::is_same_v<record, poison>)
      return stream<poison>{};  // the source was refused, and has said why
    else {
      detail::step_info step("input", name);
      graph_->name_step(step);
      return detail::stream_access::make<record>(
          *graph_, graph_->add<detail::input_node<Source>>(std::move(source), std::move(step)));
    }
  }
  template <class Source>
  stream<poison> input(Source const&) {
    constexpr bool input_has_a_source = !std::is_convertible_v<Source, step_name>;
    static_assert(input_has_a_source,
                  "leat: flow.input(name, source): an input needs a source behind its name, one of leat::from");
    constexpr bool input_has_a_name = !input_has_a_source;
    static_assert(input_has_a_name, "leat: flow.input(name, source): an input needs a name, as its first argument");
    return {};
  }
  template <class Source, class Name>
    requires(std::is_convertible_v<Name, step_name> && !std::is_convertible_v<Source, step_name>)
  stream<poison> input(Source const&, Name const&) {
    constexpr bool name_is_the_first_argument = std::is_void_v<Name>;
    static_assert(name_is_the_first_argument,
                  "leat: flow.input(name, source): the name is the first argument, the source the second");
    return {};
  }

  /// As given.
  std::string const& name() const;
  detail::graph const& description() const { return *graph_; }

 private:
  detail::graph* graph_;  ///< owned
};

/// No stream stands before the `|`.
template <class X>
stream<poison> operator|(flow const&, X const&) {
  constexpr bool input_precedes = std::is_void_v<X>;
  static_assert(input_precedes, "leat: a flow is no stream: its records come from flow.input(name, source) | ...");
  return {};
}

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/flow.ipp>
#endif
