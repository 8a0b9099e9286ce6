// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/from/source.hpp>
#include <leat/op/fused/kernel.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/recovery.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/record.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

/// What a sink is. A dynamic sink writes what its worker brings. (A fixed partitioned sink, whose records go to the
/// worker that has their partition, is in `partitioned_sink.hpp`.)
namespace leat {

/// One partition of a sink, on one worker. `write_batch(std::span<T const>)`, or `std::span<T>` to move from; an
/// optional `flush()` is called at the end of each epoch and at the end. Its destructor closes it.
/// A partition that publishes in two steps has one or both of
///  - `prepare(std::uint64_t epoch)`, after `flush`: all records of this epoch have come;
///  - `committed(std::uint64_t epoch)`: no restart repeats this epoch, nor those before it; called some time after
///    `prepare`, perhaps once for several epochs, and without recovery at once.
template <class P, class T>
concept sink_partition = requires(P& p, std::span<T> records) { p.write_batch(records); };

/// `build(services)` opens this worker's partition. Optional: `file_of("")` and `check_part("")`, as a source's.
template <class S, class T>
concept dynamic_sink = requires(S const& s, step_services const& services) {
  { s.build(services) } -> sink_partition<T>;
};

namespace detail {

template <class P>
concept hears_of_commits = requires(P& partition, std::uint64_t epoch) { partition.committed(epoch); };

/// An epoch ends at a partition of a sink.
template <class P>
void end_epoch(P& partition, std::uint64_t epoch, bool recovers) {
  if constexpr (requires { partition.flush(); }) partition.flush();
  if constexpr (requires { partition.prepare(epoch); }) partition.prepare(epoch);
  if constexpr (hears_of_commits<P>)
    if (!recovers) partition.committed(epoch);
}

template <class T, class Sink>
class sink_stage final : public consumer<T>, public running_step, private commit_listener {
  using partition = decltype(std::declval<Sink const&>().build(std::declval<step_services const&>()));

 public:
  [[gnu::cold]] sink_stage(Sink const& sink, worker_builder& worker, node const& described)
      : sink_(sink), step_(described.step(), worker.worker()), recovers_(worker.process().recovers != nullptr) {
    if constexpr (hears_of_commits<partition>) worker.commits.push_back(this);
  }
  [[gnu::cold, gnu::noinline]] ~sink_stage() override { delete partition_; }

  void take(T* records, std::size_t count) override {
    guarded(step_, [&] { open().write_batch(std::span<T>(records, count)); });
  }
  void look(T const* records, std::size_t count) override {
    guarded(step_, [&] {
      if constexpr (requires { open().write_batch(std::span<T const>(records, count)); })
        open().write_batch(std::span<T const>(records, count));
      else if constexpr (copyable_record<T>) {
        buffer<T> const copies = copies_of(records, count);
        open().write_batch(std::span<T>(copies.begin(), count));
      }
    });
  }
  void arrive(mark arrived) override {
    step_.pass(arrived, [&] { guarded(step_, [&] { end_epoch(open(), arrived.epoch, recovers_); }); });
  }
  void advance(stream_time) override {}
  bool ready() override { return true; }

 private:
  void committed(std::uint64_t epoch) override {
    if constexpr (hears_of_commits<partition>) guarded(step_, [&] { open().committed(epoch); });
  }
  partition& open() {
    if (partition_ == nullptr) partition_ = new partition(sink_.build(step_services(step_)));
    return *partition_;
  }

  Sink sink_;
  step_context step_;
  bool recovers_;
  partition* partition_ = nullptr;  ///< owned
};

/// In a test that looks at what comes to this output: true, and its sink stays closed.
template <class T>
[[gnu::cold]] bool capture(worker_builder& worker, node const& described) {
  test_overrides* const test = worker.process().test;
  captured<T>* const seen = test == nullptr ? nullptr : test->output<T>(described.step());
  if (seen != nullptr) worker.subscribe<T>(described.inputs.front(), worker.add<capturing<T>>(*seen));
  return seen != nullptr;
}

template <class T, class Sink>
class output_node final : public node {
 public:
  output_node(Sink sink, step_info step, port from) : node(std::move(step), from), sink_(std::move(sink)) {
    using partition = decltype(std::declval<Sink const&>().build(std::declval<step_services const&>()));
    if constexpr (!hears_of_commits<partition>) steps.front().resumed = after_restart::repeats;
  }
  [[gnu::cold]] void build(worker_builder& worker) const override {
    if (capture<T>(worker, *this)) return;
    worker.subscribe<T>(inputs.front(), worker.add<sink_stage<T, Sink>>(sink_, worker, *this));
  }
  std::string file_of(std::string const& part) const override { return file_of_part(sink_, part); }
  bool writes_files() const override { return true; }
  void check_part(std::string const& part, file_system& files) const override { check_part_of(sink_, part, files); }

 private:
  Sink sink_;
};

}  // namespace detail
}  // namespace leat
