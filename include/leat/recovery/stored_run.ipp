// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/op/coroutine/blocking_work.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/recovery/grouped_rows.hpp>
#include <leat/recovery/step_codec.hpp>
#include <leat/recovery/store_agreement.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/recovery/store_message.hpp>
#include <leat/recovery/store_opening.hpp>
#include <leat/recovery/store_writer.hpp>
#include <leat/recovery/stored_run.hpp>
#include <leat/route/frame_type.hpp>
#include <leat/route/peers/incoming.hpp>
#include <leat/route/peers/peers.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/runtime.hpp>
#include <leat/state/state_base.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// What a part costs in a file besides its rows.
inline constexpr std::size_t bytes_beside_rows = 64;
/// Below this a group is not written anew.
inline constexpr std::size_t least_full_bytes = 1024;

inline std::int64_t seconds_of(wall_time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// What is wrong with a store ends the run, in its own words.
template <class F>
decltype(auto) as_run_error(unsigned worker, std::uint64_t epoch, F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (run_error const&) {
    throw;
  } catch (std::exception const& cause) {
    throw run_error(cause.what(), "", std::source_location{}, worker, epoch);
  }
}

LEAT_INLINE stored_run::stored_run(execution& run, std::unique_ptr<store_kind> kind, recovery_options options)
    : run_(run),
      options_(std::move(options)),
      writer_(std::make_shared<store_writer>(
          [this](std::uint64_t epoch, std::exception_ptr const& failure) { write_done(epoch, failure); })),
      processes_(run.process_count()),
      closed_(run.settings().workers) {
  as_run_error(0, 0, [&] { opening_.emplace(run_, std::move(kind), options_, *writer_, link_); });
}

LEAT_INLINE void stored_run::add_facts(partition_lists& of_process) { opening_->add_facts(of_process); }

LEAT_INLINE void stored_run::meet(peers& others, long_call aside) {
  link_.begin(others);
  opening_->call_long_by(std::move(aside));
  others.serve({frame_type::recovery}, *this);
}

LEAT_INLINE bool stored_run::agree(std::vector<partition_lists const*> const& of_processes, bool& progress) {
  if (!as_run_error(run_.parts().first_worker, 0, [&] { return opening_->agree(of_processes, progress); }))
    return false;
  as_run_error(run_.parts().first_worker, 0, [&] {
    names_.begin(run_.flow(), of_processes, run_.process(), opening_->positions(), run_.world().files());
  });
  std::lock_guard const lock(mutex_);
  std::uint64_t const from = opening_->from().epoch;
  kept_.resize(opening_->taker_of().size());
  if (run_.process() == 0)
    run_.world().log(
        start_of_run(run_.flow(), *of_processes.front(), run_.world().files(), options_.directory, opening_->from()));
  std::fill(closed_.begin(), closed_.end(), from);
  decided_ = told_closed_ = told_done_ = from;
  for (process_state& of : processes_) {  // some may have closed an epoch already
    of.closed = (std::max)(of.closed, from);
    of.done = (std::max)(of.done, from);
  }
  return true;
}

LEAT_INLINE bool stored_run::all_know(bool (*known)(process_state const&)) const {
  return std::all_of(processes_.begin(), processes_.end(), known);
}

LEAT_INLINE stored_run::process_state& stored_run::own() { return processes_[run_.process()]; }

LEAT_INLINE std::optional<kept_place> stored_run::position_of(std::string const& step, std::string const& partition,
                                                              void (*described)(record_description& to)) {
  std::lock_guard const lock(mutex_);
  step_codec& codec = codec_of(step, described);
  auto const found = opening_->positions().find({step, partition});
  if (found == opening_->positions().end()) return std::nullopt;
  return kept_place{found->second.bytes, codec.writer_of(found->second.codec).versions};
}

LEAT_INLINE void stored_run::load(std::string const& step, state_base& into,
                                  void (*described)(record_description& to)) {
  std::lock_guard const lock(mutex_);
  step_codec& codec = codec_of(step, described);
  step_weights& weights = weights_[step];
  slot_range const owned = into.owned();
  auto const write_anew = [&](unsigned first, unsigned behind_last) {
    for (unsigned slot = (std::max<unsigned>)(first, owned.lo); slot < behind_last && slot < owned.hi; ++slot)
      weights.outdated.set(slot);
  };
  if (codec.other_keys()) write_anew(0, slot_count);  // each key where it belongs now, and nowhere else
  opening_->load(step, into, codec.other_keys(), [&](kept_group const& each) {
    group_weight& weight = weights.of_group[each.group];
    if (each.full != 0) weight = {};
    (each.full != 0 ? weight.full : weight.since) += each.bytes.size() + (each.full != 0 ? 0 : bytes_beside_rows);
    if (each.codec != codec.now) write_anew(each.group * slots_in_group, (each.group + 1) * slots_in_group);
    return codec.writer_of(each.codec);
  });
}

LEAT_INLINE step_codec& stored_run::codec_of(std::string const& step, void (*described)(record_description& to)) {
  step_codec& codec = codecs_[step];
  if (codec.now.empty() && described != nullptr) codec = step_codec(step, described, opening_->codecs_of(step));
  return codec;
}

LEAT_INLINE void stored_run::keep_position(std::string const& step, std::string const& partition, std::uint64_t epoch,
                                           std::span<std::byte const> position) {
  std::lock_guard const lock(mutex_);
  kept_position& known = opening_->positions()[{step, partition}];
  std::string const& codec = codecs_[step].now;
  if (!known.step.empty() && known.codec == codec &&
      std::equal(known.bytes.begin(), known.bytes.end(), position.begin(), position.end()))
    return;
  known = {step, partition, epoch, codec, {position.begin(), position.end()}, names_.place_of(step, partition)};
  kept_in(file_of_partition(step, partition, opening_->taker_of().size()), epoch).add(kept_position(known));
}

LEAT_INLINE void stored_run::keep_state(std::string const& step, state_part const& part) {
  unsigned const group = part.slot / slots_in_group;
  std::lock_guard const lock(mutex_);
  kept_group& rows = kept_in(file_of_group(group, opening_->taker_of().size()), part.epoch).groups[{step, group}];
  if (rows.epoch == 0) {
    rows.step = step;
    rows.group = group;
    rows.epoch = part.epoch;
    rows.codec = codecs_[step].now;
    rows.bytes = writer_->spare().take();
  }
  add_rows(rows, part);
  group_weight& weight = weights_[step].of_group[group];
  if (!part.full) {
    weight.since += part.bytes.size() + bytes_beside_rows;
    return;
  }
  if (weight.full_in != part.epoch) weight = {0, 0, part.epoch};
  weight.full += part.bytes.size();
}

LEAT_INLINE void stored_run::before_barrier(std::string const& step, state_base& of) {
  std::lock_guard const lock(mutex_);
  step_weights& weights = weights_[step];
  for (unsigned slot = of.owned().lo; slot < of.owned().hi; ++slot) {
    unsigned const group = slot / slots_in_group;
    group_weight const& weight = weights.of_group[group];
    // Not all groups at once: they would all be written in one epoch, again and again.
    std::size_t const enough = (std::max)(weight.full, least_full_bytes) / 16 * (8 + group * 7 % 16);
    if (weight.since > enough || weights.outdated[slot]) of.want_full(slot);
    weights.outdated.reset(slot);
  }
}

LEAT_INLINE void stored_run::closed(unsigned worker, std::uint64_t epoch) {
  decision made;
  {
    std::lock_guard const lock(mutex_);
    closed_[worker - run_.parts().first_worker] = epoch;
    opening_->forget();  // all has been loaded
    note_closed(run_.process(), *std::min_element(closed_.begin(), closed_.end()), last_);
    made = newly_decided();
  }
  tell_run(made);
  if (link_.active()) run_.wake_driver();
}

LEAT_INLINE void stored_run::ended(unsigned worker, std::uint64_t last_epoch) {
  {
    std::lock_guard const lock(mutex_);
    last_ = (std::max)(last_, last_epoch);
  }
  closed(worker, all_epochs);
}

LEAT_INLINE bool stored_run::turn() {
  std::vector<kept_epochs> of_files;
  store_message closed;
  store_message done;
  {
    std::lock_guard const lock(mutex_);
    if (own().closed > told_closed_) {
      closed.what = store_message::kind::closed;
      closed.epoch = told_closed_ = own().closed;
      closed.last = own().last;
      of_files.resize(kept_.size());
      for (std::size_t i = 0; i != kept_.size(); ++i)
        if (opening_->taker_of()[i] != run_.process())
          while (!kept_[i].empty() && kept_[i].begin()->first <= closed.epoch)
            of_files[i].insert(kept_[i].extract(kept_[i].begin()));
    }
    if (opening_->has_files(run_.process()) && own().done > told_done_) done.epoch = told_done_ = own().done;
  }
  store_message kept;
  for (std::size_t i = 0; i != of_files.size(); ++i)
    for (auto& [epoch, of_epoch] : of_files[i]) {
      kept.what = store_message::kind::keep_group;
      for (auto& [key, group] : of_epoch.groups) {
        kept.group = std::move(group);
        link_.send(opening_->taker_of()[i], kept);
      }
      kept.what = store_message::kind::keep_position;
      for (auto& [key, position] : of_epoch.positions) {
        kept.position = std::move(position);
        link_.send(opening_->taker_of()[i], kept);
      }
    }
  if (closed.epoch != 0) link_.send_to_all(closed);
  if (done.epoch != 0) {
    done.what = store_message::kind::done;
    link_.send_to_all(done);
  }
  return closed.epoch != 0 || done.epoch != 0;
}

LEAT_INLINE void stored_run::receive(unsigned process, incoming_frame&& frame) {
  store_message message;
  if (!link_.receive(process, frame, message)) return;
  decision made;
  {
    std::lock_guard const lock(mutex_);
    take_message(process, std::move(message));
    made = newly_decided();
  }
  tell_run(made);
}

LEAT_INLINE void stored_run::take_message(unsigned process, store_message&& message) {
  if (opening_->take(process, message)) return;
  process_state& from = processes_[process];
  switch (message.what) {
    case store_message::kind::keep_group:
    case store_message::kind::keep_position: {
      bool const group = message.what == store_message::kind::keep_group;
      std::uint64_t const epoch = group ? message.group.epoch : message.position.epoch;
      std::size_t const files = opening_->taker_of().size();
      kept_.resize(files);
      if (files == 0 || (group && message.group.group >= group_count) || epoch <= from.closed)
        refuse_peer(process, "something to be kept that cannot be");
      unsigned const file = group ? file_of_group(message.group.group, files)
                                  : file_of_partition(message.position.step, message.position.partition, files);
      if (opening_->taker_of()[file] != run_.process())
        refuse_peer(process, "something to be kept in another process's file");
      if (group)
        kept_in(file, epoch).add(std::move(message.group));
      else
        kept_in(file, epoch).add(std::move(message.position));
      return;
    }
    case store_message::kind::closed:
      if (message.epoch <= from.closed) refuse_peer(process, "an epoch that it has closed before");
      return note_closed(process, message.epoch, message.last);
    case store_message::kind::done:
      from.done = (std::max)(from.done, message.epoch);
      return;
    default:
      refuse_peer(process, "a message about its store that is none");
  }
}

LEAT_INLINE void stored_run::note_closed(unsigned process, std::uint64_t epoch, std::uint64_t last) {
  processes_[process].closed = (std::max)(processes_[process].closed, epoch);
  processes_[process].last = last;
  write_complete();
}

LEAT_INLINE bool stored_run::all_ended() const {
  return all_know([](process_state const& of) { return of.closed == all_epochs; });
}

LEAT_INLINE std::uint64_t stored_run::complete_epoch() const {
  std::uint64_t least = all_epochs;
  std::uint64_t last = 0;
  for (process_state const& of : processes_) {
    least = (std::min)(least, of.closed);
    last = (std::max)(last, of.last);
  }
  return least == all_epochs ? last : least;
}

LEAT_INLINE void stored_run::write_complete() {
  std::uint64_t const epoch = complete_epoch();
  if (writing_ || opening_->own_files().empty() || epoch <= own().done || !opening_->done()) return;
  struct write_job final : blocking_work {
    void run() noexcept override { to->write(asked); }
    std::shared_ptr<store_writer> to;
    store_writer::job asked;
  };
  auto work = std::make_shared<write_job>();
  work->to = writer_;
  for (unsigned const file : opening_->own_files()) {
    kept_epochs& of_file = work->asked.of_files.emplace_back();
    while (!kept_[file].empty() && kept_[file].begin()->first <= epoch)
      of_file.insert(kept_[file].extract(kept_[file].begin()));
  }
  work->asked.run = opening_->from().run;
  work->asked.epoch = epoch;
  work->asked.time = seconds_of(run_.world().wall());
  work->asked.decided = decided_;
  work->asked.keep_from = work->asked.time - std::chrono::ceil<std::chrono::seconds>(options_.backup_interval).count();
  writing_ = true;
  run_.world().block(std::move(work));
}

LEAT_INLINE void stored_run::write_done(std::uint64_t epoch, std::exception_ptr const& failure) {
  if (failure) {
    try {
      as_run_error(run_.parts().first_worker, epoch, [&] { std::rethrow_exception(failure); });
    } catch (...) {
      run_.fail(std::current_exception());
    }
    return;
  }
  decision made;
  {
    std::lock_guard const lock(mutex_);
    writing_ = false;
    own().done = epoch;
    write_complete();
    made = newly_decided();
  }
  tell_run(made);
  if (link_.active()) run_.wake_driver();
}

LEAT_INLINE stored_run::decision stored_run::newly_decided() {
  std::uint64_t done = all_epochs;
  for (unsigned process = 0; process != processes_.size(); ++process)
    if (opening_->has_files(process)) done = (std::min)(done, processes_[process].done);
  bool const finishes = opening_->done() && all_ended() && done >= complete_epoch();
  if (!opening_->done() || (done <= decided_ && !(finishes && !finished()))) return {};
  decided_ = (std::max)(decided_, done);
  return {decided_, finishes};
}

LEAT_INLINE void stored_run::tell_run(decision const& made) {
  if (made.epoch == 0) return;
  run_.commit(made.epoch);
  if (!made.last) return;
  finished_.store(true, std::memory_order_release);  // who sees it sees that the epoch is committed
  run_.wake_all();
}

}  // namespace leat::detail
