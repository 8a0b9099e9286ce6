// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/position.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/running/asked_partitions.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/worker_services.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// What a source is. A fixed partitioned source names its partitions; each is read by one worker and can be resumed
/// from a position. A dynamic source has one partition on every worker and no position.
namespace leat {

/// What a source or a sink may ask of the worker it is on, from that worker's thread; `wake` from any thread. To keep
/// it, keep a copy: it is the size of a pointer.
class step_services {
 public:
  step_services(detail::step_context& step) : step_(&step) {}

  /// The path of the step, `flow.name`.
  std::string_view step() const { return step_->name; }
  /// Of this worker, from 0, over all processes.
  unsigned worker_index() const { return step_->worker->index(); }
  /// Over all processes.
  unsigned worker_count() const { return step_->worker->count(); }
  /// The same within one turn. All clocks of a flow are these: tests set them.
  steady_time now() const { return step_->worker->now(); }
  /// The time of the day, the same within one turn.
  wall_time wall() const { return step_->worker->wall(); }
  /// A random number, all 64 bits of it. A simulation draws it from its seed.
  std::uint64_t random() const { return step_->worker->random(); }
  /// The epoch that the run begins with: no restart repeats an earlier one. 1 in a run without recovery.
  std::uint64_t first_epoch() const { return step_->worker->first_epoch(); }
  /// A number by which the run is told from all others, of all stores. Below 2^63, and not 0. In a run without recovery
  /// each worker has another.
  std::uint64_t execution() const { return step_->worker->run_number(); }
  /// Whether the run was asked to stop: what can be waited for in vain is waited for no longer.
  bool stopping() const { return step_->worker->stopping(); }
  /// From any thread: there is something to do, take a turn.
  void wake() const { step_->worker->wake(); }
  /// Wakes the worker once the descriptor can be read without waiting.
  void wake_when_readable(int descriptor) const { step_->worker->wake_when_readable(descriptor); }
  /// Those of the machine, or of a disk that a test has made.
  file_system& files() const { return step_->worker->files(); }
  detail::worker_services& host() const { return *step_->worker; }

  /// For the numbers that a run tells of itself: this source has left out so many malformed records.
  void skipped(std::uint64_t records) const {
    if (step_->source != nullptr) step_->source->skipped.add(records);
  }
  /// It has so many bytes to read in all, besides those it has told of before.
  void will_read(std::uint64_t bytes) const {
    if (step_->source != nullptr) step_->source->bytes_known.add(bytes);
  }
  /// It has read so many of them.
  void has_read(std::uint64_t bytes) const {
    if (step_->source != nullptr) step_->source->bytes_read.add(bytes);
  }

 private:
  detail::step_context* step_;
};

/// One partition of a source, on one worker. `next_batch` emits what there is, at most about a thousand records, never
/// waits, and returns false once the partition has ended. Optional members:
///  - `std::optional<steady_time> next_awake()`: not before this time; without it, at once after records, else in 1 ms;
///  - `bool ready()`: true when there is something to read whatever `next_awake` said;
///  - `snapshot() const`: the position after the last record emitted, also once the partition has ended. Those of a
///    fixed partitioned source have it, unless its `position` is `leat::no_position`;
///  - `detail::stream_time time()`, of leat's own sources: the time of the partition behind what it has emitted so far.
/// Its destructor closes it.
template <class P, class T>
concept source_partition = requires(P& p, emitter<T>& out) {
  { p.next_batch(out) } -> std::same_as<bool>;
};

/// `list_parts()` names the partitions this process can read; `build_part(name, position, services)` opens one.
/// Optional members, called before anything of the flow is opened, on any thread:
///  - `std::string file_of(name)`: the path of the file it reads (`-`: standard input), so that an output which would
///    overwrite it is refused;
///  - `void check_part(name)`: throws what opening it would throw, as far as that can be known without opening it.
///  - `bool in_turn(name)`: true for a partition that ends by itself, as a file does. Of these a process has about 64
///    open at a time, the others are opened as they end.
/// `list_parts`, `check_part` and `in_turn` may take a `file_system&` as a last argument: how they are to look at
/// files.
template <class S>
concept fixed_partitioned_source = requires(S const& s, std::string const& part, step_services const& services) {
  typename S::record;
  typename S::position;
  requires detail::lists_parts<S>;
  { s.build_part(part, std::optional<typename S::position>{}, services) } -> source_partition<typename S::record>;
  requires detail::tells_position<decltype(s.build_part(part, std::optional<typename S::position>{}, services)),
                                  typename S::position>;
};

/// `build(services)` opens this worker's partition.
template <class S>
concept dynamic_source = requires(S const& s, step_services const& services) {
  typename S::record;
  { s.build(services) } -> source_partition<typename S::record>;
};

template <class S>
concept source = fixed_partitioned_source<S> || dynamic_source<S>;

namespace detail {

template <class Source, bool Fixed = fixed_partitioned_source<Source>>
struct partition_of {
  using position = no_position;
  using type = decltype(std::declval<Source const&>().build(std::declval<step_services const&>()));
};
template <class Source>
struct partition_of<Source, true> {
  using position = typename Source::position;
  using type = decltype(std::declval<Source const&>().build_part(std::declval<std::string const&>(),
                                                                 std::optional<typename Source::position>{},
                                                                 std::declval<step_services const&>()));
};

}  // namespace detail
}  // namespace leat
