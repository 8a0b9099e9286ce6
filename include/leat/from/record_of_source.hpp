// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/position.hpp>
#include <leat/from/source_partition.hpp>
#include <leat/fwd.hpp>
#include <leat/op/running/asked_partitions.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>

/// Whether something is a source, and what it lacks where it is none.
namespace leat::detail {

template <class Source>
concept names_its_record = requires { typename Source::record; };
template <class Source>
concept opens_partitions = requires(Source const& source, step_services const& services) { source.build(services); } ||
                           requires(Source const& source, std::string const& part, step_services const& services) {
                             requires lists_parts<Source>;
                             source.build_part(part, std::optional<typename Source::position>{}, services);
                           };

template <class Source>
consteval bool gives_batches() {
  if constexpr (
      requires { typename Source::position; } &&
      requires(Source const& source, std::string const& part, step_services const& services) {
        source.build_part(part, std::optional<typename Source::position>{}, services);
      })
    return source_partition<typename partition_of<Source, true>::type, typename Source::record>;
  else
    return source<Source>;
}

/// The record of a source; that of a refused one after a sentence.
template <class Source>
consteval auto record_of_source() {
  constexpr bool is_a_source = names_its_record<Source>;
  static_assert(is_a_source,
                "leat: flow.input(name, source): this is no source: give it one of leat::from, such as "
                "leat::from::iterable(container), or a class of your own with a type `record` and build(services)");
  if constexpr (!is_a_source)
    return std::type_identity<poison>{};
  else if constexpr (std::is_same_v<typename Source::record, poison>)
    return std::type_identity<poison>{};
  else {
    constexpr bool source_opens_partitions = opens_partitions<Source>;
    static_assert(source_opens_partitions,
                  "leat: flow.input(name, source): a source needs build(step_services const&) const, which opens a "
                  "partition on each worker, or a type `position`, list_parts() const and build_part(name, "
                  "std::optional<position>, step_services const&) const");
    constexpr bool partition_gives_batches = !source_opens_partitions || gives_batches<Source>();
    static_assert(partition_gives_batches,
                  "leat: flow.input(name, source): what the source opens needs bool next_batch(leat::emitter<record>&)"
                  ": true while there is more to come, false at the end of the partition");
    constexpr bool partition_tells_its_position =
        !source_opens_partitions || !partition_gives_batches || source<Source>;
    static_assert(partition_tells_its_position,
                  "leat: flow.input(name, source): the partitions of a source with a type `position` need `position "
                  "snapshot() const`; if it cannot go on from where it was, write using position = leat::no_position");
    constexpr bool position_has_a_codec = [] {
      if constexpr (fixed_partitioned_source<Source>)
        return has_codec<typename Source::position>;
      else
        return true;
    }();
    static_assert(position_has_a_codec,
                  "leat: flow.input(name, source): the source's `position` has no codec, so it cannot be kept over a "
                  "restart. Give it template <class A> void serialize(A&, unsigned), or use a type that has one");
    return std::type_identity<std::conditional_t<source_opens_partitions && partition_gives_batches &&
                                                     partition_tells_its_position && position_has_a_codec,
                                                 typename Source::record, poison>>{};
  }
}

}  // namespace leat::detail
