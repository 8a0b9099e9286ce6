// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/sort_names.hpp>
#include <leat/from/position.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/record.hpp>
#include <leat/to/sink.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// What a fixed partitioned sink is: it names its partitions; each is written by one worker, to which the records are
/// sent, and can be resumed from a position.
namespace leat {

/// `list_parts()` names the partitions; `build_part(name, position, services)` opens one, from the beginning (what is
/// there is overwritten) or at a position. A partition has `write_batch(std::span<T>)` and `snapshot() const`, the
/// position after what was written, unless `position` is `leat::no_position`; an optional `flush()` is called at the
/// end of each epoch and at the end, before `snapshot`, and so are `prepare` and `committed`, as a dynamic sink's.
/// With an optional `bool ready()` it is brought nothing before that was once true; it is asked fifty times a second.
/// Optional members of the sink: `file_of(name)` and `check_part(name)`, as a source's. Which partition a record goes
/// to: `part_of(record)` modulo their number, in the order of their names. It is asked on the worker that has the
/// record and again on that which writes it, so it says the same of equal records. A sink without `part_of` takes a
/// keyed stream and goes by the hash of the key, so the order of each key is kept.
template <class S, class T>
concept fixed_partitioned_sink =
    requires(S const& s, std::string const& part, step_services const& services, T const& record) {
      typename S::position;
      requires detail::lists_parts<S>;
      { s.build_part(part, std::optional<typename S::position>{}, services) } -> sink_partition<T>;
      requires detail::tells_position<decltype(s.build_part(part, std::optional<typename S::position>{}, services)),
                                      typename S::position>;
      requires is_keyed<T> || requires {
        { s.part_of(record) } -> std::convertible_to<std::uint64_t>;
      };
    };

namespace detail {

template <class Sink>
using partition_of_sink = decltype(std::declval<Sink const&>().build_part(std::declval<std::string const&>(),
                                                                          std::optional<typename Sink::position>{},
                                                                          std::declval<step_services const&>()));

/// Which partition is whose: the names in order, and the worker of each.
struct partition_table {
  std::vector<std::string> names;
  std::vector<unsigned> owners;

  partition_table(worker_builder& worker, node const& described) {
    owned_partitions const& shared_out = worker.process().owners[described.step().name];
    for (auto const& [name, owner] : shared_out) names.push_back(std::string(name));
    sort_names(names);
    owners.resize(names.size());
    for (auto const& [name, owner] : shared_out) owners[index_of(name)] = owner;
  }

 private:
  /// Of a name that is there.
  std::size_t index_of(std::string const& name) const {
    std::size_t first = 0;
    for (std::size_t count = names.size(); count > 1;) {
      std::size_t const half = count / 2;
      if (!(name < names[first + half])) first += half;
      count -= half;
    }
    return first;
  }
};

[[noreturn, gnu::cold]] inline void refuse_foreign(std::string const& partition) {
  throw std::runtime_error(
      concat({"a record was sent here for another partition than it is for by now, \"", partition,
              "\", which another worker writes: part_of has to say the same of a record each time it "
              "is asked, on whatever worker"}));
}

/// The partitions of one sink that this worker owns. They are opened in the worker's first turn, so that a sink that
/// cannot be written is known at once and one that gets no record is still there, empty.
template <class T, class Sink, class PartOf>
class partitioned_sink_stage final : public consumer<T>, public stage, private commit_listener {
  using position = typename Sink::position;
  using partition = partition_of_sink<Sink>;

 public:
  partitioned_sink_stage(Sink const& sink, PartOf part_of, worker_builder& worker, node const& described)
      : sink_(sink),
        part_of_(std::move(part_of)),
        table_(worker, described),
        described_(described),
        process_(worker.process()),
        step_(described.step(), worker.worker()),
        open_(table_.names.size()),
        sorted_(table_.names.size()) {
    if constexpr (hears_of_commits<partition>) worker.commits.push_back(this);
  }

  bool turn() override {
    bool const first = !opened_;
    open_all();
    ready_ = all_ready();
    return first || ready_;
  }
  bool done() const override { return ready_; }
  steady_time wake_at() override { return step_.worker->now() + std::chrono::milliseconds(20); }

  void take(T* records, std::size_t count) override {
    open_all();
    if (open_.size() == 1) {
      write(0, std::span<T>(records, count));
      return;
    }
    guarded(step_, [&] {
      for (std::size_t i = 0; i != count; ++i) sorted_[part_of_(records[i], open_.size())].push(std::move(records[i]));
    });
    for (std::size_t index = 0; index != open_.size(); ++index) {
      if (sorted_[index].empty()) continue;
      write(index, std::span<T>(sorted_[index].begin(), sorted_[index].size()));
      sorted_[index].clear();
    }
  }
  void look(T const* records, std::size_t count) override {
    if constexpr (copyable_record<T>) {
      buffer<T> const copies = guarded(step_, [&] { return copies_of(records, count); });
      take(copies.begin(), count);
    }
  }
  void arrive(mark arrived) override {
    open_all();
    step_.pass(arrived, [&] {
      for (std::size_t i = 0; i != open_.size(); ++i)
        if (open_[i]) guarded(step_, [&] { end_epoch_of(i, arrived.epoch); });
    });
    note_passed(arrived);
  }
  void advance(stream_time) override {}
  bool ready() override { return ready_ || step_.no_room(); }

 private:
  static constexpr bool always_ready = !requires(partition& p) { p.ready(); };

  void end_epoch_of(std::size_t index, std::uint64_t epoch) {
    end_epoch(*open_[index], epoch, process_.recovers != nullptr);
    if constexpr (!std::same_as<position, no_position>)
      if (process_.recovers != nullptr)
        process_.recovers->keep_position(step_.name, table_.names[index], epoch,
                                         encoded_position<position>(std::as_const(*open_[index]).snapshot()).bytes());
  }
  void committed(std::uint64_t epoch) override {
    if constexpr (hears_of_commits<partition>)
      for (auto& opened : open_)
        if (opened) guarded(step_, [&] { opened->committed(epoch); });
  }

  bool all_ready() {
    bool ready = true;
    if constexpr (!always_ready)
      for (auto& opened : open_)
        if (opened) guarded(step_, [&] { ready = opened->ready() && ready; });
    return ready;
  }

  void write(std::size_t index, std::span<T> records) {
    guarded(step_, [&] {
      if (!open_[index]) refuse_foreign(table_.names[index]);
      open_[index]->write_batch(records);
    });
  }

  void open_all() {
    if (opened_) return;
    opened_ = true;
    step_services const services(step_);
    for (std::size_t i = 0; i != open_.size(); ++i)
      if (table_.owners[i] == step_.worker->index())
        guarded(step_, [&] {
          auto const begin = resume_of<position>(process_, described_.step(), table_.names[i]);
          open_[i].reset(new partition(sink_.build_part(table_.names[i], begin, services)));
        });
  }

  Sink sink_;
  PartOf part_of_;
  partition_table table_;
  node const& described_;
  shared_by_workers const& process_;
  step_context step_;
  std::vector<std::unique_ptr<partition>> open_;
  std::vector<buffer<T>> sorted_;
  bool opened_ = false;
  bool ready_ = false;
};

}  // namespace detail
}  // namespace leat
