// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/list.hpp>
#include <leat/from/file_size.hpp>
#include <leat/from/position.hpp>
#include <leat/from/record_of_source.hpp>
#include <leat/from/source_partition.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/running/asked_partitions.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/op/running/lanes.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/times_of_inputs.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/op/running/worker_services.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

/// Polls the partitions of one source that this worker owns, in the order of their names.
template <class Source>
class input_stage final : public source_stage {
  using T = typename Source::record;
  using partition = typename partition_of<Source>::type;
  using position = typename partition_of<Source>::position;
  static constexpr bool has_positions = !std::same_as<position, no_position>;

 public:
  [[gnu::cold]] input_stage(Source const& source, worker_builder& worker, node const& described)
      : source_(source),
        described_(described),
        process_(worker.process()),
        step_(described.step(), worker.worker()),
        out_(worker.batch_size<T>()) {
    worker.provide({described.id, 0}, out_.next());
    step_.source = &counters_;
    worker.counters.watch({described.id, 0}, counters_);
    worker.make_time(described, lanes_);
    if constexpr (fixed_partitioned_source<Source>) {
      names_ = parts_of_worker(worker, described);
      if constexpr (tells_time) times_.emplace(names_.size());
      most_in_turn_ = std::max<std::size_t>(1, most_in_turn / worker.process().local_workers);
    } else if constexpr (tells_time) {
      times_.emplace(1);
    }
  }
  [[gnu::cold, gnu::noinline]] ~input_stage() override = default;

  bool turn() override {
    return guarded(step_, [this] { return opened_ ? read_all() : open(); });
  }

  bool done() const override { return done_; }

  steady_time wake_at() override {
    steady_time first = never;
    if (!out_.next().ready()) return first;  // room will come with somebody's progress
    for (open_partition const* p : parts_)
      if (p->due < first && (p->in_lane == nullptr || p->in_lane->held == 0)) first = p->due;
    if (lanes_.wanted()) first = (std::min)(first, lanes_.wake_at());
    return first;
  }

  bool ready_for_mark() override { return out_.next().ready(); }
  bool emitted() const override { return out_.emitted() != emitted_at_mark_; }

  void close_epoch(mark closing) override {
    guarded(step_, [&] {
      out_.flush();
      keep_positions(closing.epoch);
      step_.pass(closing, [&] { out_.next().arrive(closing); });
    });
    note_passed(closing);
    emitted_at_mark_ = out_.emitted();
    done_ = done_ || closing.last();
  }

 private:
  bool read_all() {
    bool progress = false;
    for (open_partition* const p : parts_)
      for (std::size_t const before = out_.emitted(); out_.emitted() - before < records_per_turn;) {
        bool const room = out_.next().ready();
        if (!p->reading) break;
        if (p->in_lane != nullptr) {
          if (!lanes_.may_poll(*p->in_lane, room, due(*p), step_.worker->now())) break;
        } else if (!due(*p) || !room) {
          break;
        }
        bool const found = poll(*p);
        progress = progress || found || p->due <= step_.worker->now();  // it may want another turn at once
        if (!found) break;
      }
    for (std::size_t i = parts_.size(); i != 0; --i)
      if (!parts_[i - 1]->reading) {
        note_end(*parts_[i - 1]);
        in_turn_ -= parts_[i - 1]->in_turn ? 1u : 0u;
        parts_.erase(i - 1);
      }
    open_next();
    if (lanes_.wanted()) progress = end_turn() || progress;
    if (parts_.empty() && out_.next().ready()) {
      close_epoch({mark_kind::end, step_.epoch});
      return true;
    }
    return progress;
  }

  struct open_partition {
    template <class Open>
    open_partition(std::string of, Open&& open, steady_time time, bool ends, std::size_t input)
        : name(std::move(of)), source(open()), due(time), number(input), in_turn(ends) {}
    std::string name;
    partition source;
    steady_time due;
    std::size_t number;  ///< among those of this worker
    bool in_turn;
    bool reading = true;
    lane* in_lane = nullptr;  ///< where somebody goes by the time
  };

  static constexpr bool tells_time = requires(partition const& p) {
    { p.time() } -> std::same_as<stream_time>;
  };
  struct no_times {};

  static constexpr std::size_t most_in_turn = 64;  ///< of a process; each has a descriptor, and memory to read into
  static constexpr bool opens_in_turn = knows_what_ends<Source>;

  /// Enough to make the cost of a turn small beside that of the records, not so many that others wait long, or that
  /// what is made of them leaves the cache before it is sent.
  static constexpr std::size_t records_per_turn =
      std::clamp<std::size_t>(64 * 1024 / sizeof(typename Source::record), 1, 4096);

  [[gnu::cold]] bool open() {
    opened_ = true;
    if (lanes_.wanted()) {
      if constexpr (fixed_partitioned_source<Source>)
        for (std::string const& name : names_) lanes_.add(name);
      else
        lanes_.add(std::to_string(step_.worker->index()));
      lanes_.open();
    }
    if constexpr (fixed_partitioned_source<Source>) {
      if constexpr (requires(std::string const& name) { source_.file_of(name); })
        for (std::string const& name : names_)
          counters_.bytes_known.add(file_size(source_.file_of(name), step_.worker->files()));
      open_what_may_not_end();
      open_next();
    } else {
      step_services const services(step_);
      parts_.add(std::string(), [&] { return source_.build(services); }, services.now(), false, parts_opened_++);
      if (lanes_.wanted()) parts_.back()->in_lane = &lanes_.begin_reading(std::to_string(step_.worker->index()));
    }
    return true;
  }
  /// Which those are is asked once: when its turn comes, a name may stand for another file, or for none.
  [[gnu::cold]] void open_what_may_not_end() {
    if constexpr (opens_in_turn) {
      std::vector<std::string> in_turn_only;
      for (std::string& name : names_)
        if (ends_by_itself(source_, name, step_.worker->files()))
          in_turn_only.push_back(std::move(name));
        else
          open(name, false);
      names_.swap(in_turn_only);
    } else {
      for (std::string const& name : names_) open(name, false);
    }
  }
  [[gnu::cold]] void open(std::string const& name, bool ends) {
    step_services const services(step_);
    parts_.add(
        name,
        [&] { return source_.build_part(name, resume_of<position>(process_, described_.step(), name), services); },
        services.now(), ends, parts_opened_++);
    if (lanes_.wanted()) parts_.back()->in_lane = &lanes_.begin_reading(name);
  }

  /// In the order of their names.
  void open_next() {
    if constexpr (opens_in_turn)
      for (; next_ != names_.size() && in_turn_ != most_in_turn_; ++next_, ++in_turn_) open(names_[next_], true);
  }

  /// What the lanes know by now goes on, behind the records.
  bool end_turn() {
    bool const room = out_.next().ready();
    bool const changed = lanes_.end_turn(step_.worker->now(), room);
    untold_ = untold_ || changed || (lanes_.none() && !told_);
    if (!untold_ || !room) return false;
    tell_time();
    return true;
  }
  void tell_time() {
    stream_time now = lanes_.wanted() ? lanes_.known() : stream_time();
    if constexpr (tells_time) {
      stream_time const said = times_->now();
      now = {said.watermark, said.quiet > 0 ? (std::max)(said.quiet, now.quiet) : now.quiet, said.idle || now.idle};
    }
    untold_ = false;
    told_ = true;
    out_.next().advance(now);
  }

  bool due(open_partition& p) {
    if constexpr (requires { p.source.ready(); })
      if (p.source.ready()) return true;
    return p.due <= step_.worker->now();
  }

  bool poll(open_partition& p) {
    std::size_t const before = out_.emitted();
    if (p.in_lane != nullptr) step_.worker->set_lane_in_turn({p.in_lane, &described_});
    read(p);
    if constexpr (tells_time) tell_time_of(p);
    bool const emitted = out_.emitted() != before;
    if (p.in_lane != nullptr) tell_lane(p, emitted);
    p.due = emitted ? (steady_time::min)() : step_.worker->now() + std::chrono::milliseconds(1);
    if constexpr (requires { p.source.next_awake(); })
      if (std::optional<steady_time> const wanted = p.source.next_awake()) p.due = *wanted;
    return emitted || !p.reading;
  }

  void tell_lane(open_partition const& p, bool emitted) {
    if (emitted)
      lanes_.found(*p.in_lane);
    else
      lanes_.found_nothing(*p.in_lane, step_.worker->now());
    p.in_lane->ending = !p.reading;
    if constexpr (tells_time) p.in_lane->idle = p.source.time().idle;
  }

  /// The time of the source is the least of its partitions', of which some may not be open yet.
  void tell_time_of(open_partition const& p) {
    bool changed = times_->advance(p.number, p.source.time());
    if (!p.reading) changed = times_->arrive(p.number, {mark_kind::end, step_.epoch}) || changed;
    if (changed) tell_time();
  }

  /// What a partition has emitted before it throws is sent, however much of a batch it is. The run fails then and
  /// closes no epoch any more, so a position is only ever kept of records that were sent.
  void read(open_partition& p) {
    try {
      p.reading = p.source.next_batch(out_);
    } catch (...) {
      out_.flush();
      throw;
    }
    out_.flush();
  }

  static byte_buffer position_of(open_partition const& p) { return encoded_position<position>(p.source.snapshot()); }

  /// A partition that has ended is closed at once, and where it ended is kept until its epoch is closed.
  [[gnu::cold]] void note_end(open_partition& ended) {
    if constexpr (has_positions)
      if (process_.recovers != nullptr) ended_.add(ended.name, position_of(ended));
  }
  void keep_positions(std::uint64_t epoch) {
    if constexpr (has_positions) {
      if (process_.recovers == nullptr) return;
      ended_.keep(*process_.recovers, step_.name, epoch);
      for (open_partition const* p : parts_)
        process_.recovers->keep_position(step_.name, p->name, epoch, position_of(*p).bytes());
    }
  }

  Source source_;
  node const& described_;
  shared_by_workers const& process_;
  step_context step_;
  source_counters counters_;
  emitter<T> out_;
  std::vector<std::string> names_;  ///< once it is opened: of what is opened in turn
  owners<open_partition> parts_;
  ended_positions ended_;
  [[no_unique_address]] std::conditional_t<tells_time, std::optional<times_of_inputs>, no_times> times_;
  source_lanes lanes_;
  bool untold_ = false;  ///< the time of the lanes is another than was told last
  bool told_ = false;
  std::size_t parts_opened_ = 0;
  std::size_t next_ = 0;     ///< among the names, to be opened when there is room
  std::size_t in_turn_ = 0;  ///< open, of those that end by themselves
  std::size_t most_in_turn_ = 1;
  std::size_t emitted_at_mark_ = 0;
  bool opened_ = false;
  bool done_ = false;
};

template <class Source>
class input_node final : public node {
 public:
  using record = typename decltype(record_of_source<Source>())::type;

  input_node(Source source, step_info step) : node(std::move(step)), source_(std::move(source)) {
    if constexpr (std::same_as<typename partition_of<Source>::position, no_position>)
      steps.front().resumed = after_restart::anew;
  }

  bool has_partitions() const override { return fixed_partitioned_source<Source>; }
  std::vector<std::string> list_parts(file_system& files) const override {
    if constexpr (fixed_partitioned_source<Source>)
      return names_of_partitions(source_, files);
    else
      return {};
  }
  std::string file_of(std::string const& part) const override { return file_of_part(source_, part); }
  void check_part(std::string const& part, file_system& files) const override { check_part_of(source_, part, files); }

  [[gnu::cold]] void build(worker_builder& worker) const override {
    if (test_overrides* const test = worker.process().test)
      if (input_stand_in<record>* const instead = test->input<record>(step())) return instead->build(worker, *this);
    worker.add<input_stage<Source>>(source_, worker, *this);
  }

 private:
  Source source_;
};

}  // namespace detail
}  // namespace leat
