// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/recovery/grouped_rows.hpp>
#include <leat/recovery/resume_point.hpp>
#include <leat/recovery/step_codec.hpp>
#include <leat/recovery/store_agreement.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/recovery/store_message.hpp>
#include <leat/recovery/store_opening.hpp>
#include <leat/recovery/store_writer.hpp>
#include <leat/route/codec/record_text.hpp>
#include <leat/route/peers/incoming.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/runtime.hpp>
#include <leat/state/state_base.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE store_opening::store_opening(execution& run, std::unique_ptr<store_kind> kind,
                                         recovery_options const& options, store_writer& writer, store_link& link)
    : run_(run),
      kind_(std::move(kind)),
      options_(options),
      writer_(writer),
      link_(link),
      found_(kind_->find(options.directory)),
      processes_(run.process_count()) {}

LEAT_INLINE void store_opening::add_facts(partition_lists& of_process) const {
  add_found_files(found_, options_.directory, of_process);
}

LEAT_INLINE bool store_opening::has_files(unsigned process) const {
  return std::find(taker_of_.begin(), taker_of_.end(), process) != taker_of_.end();
}

LEAT_INLINE store_opening::process_state& store_opening::own() { return processes_[run_.process()]; }

LEAT_INLINE bool store_opening::all_have(bool (*what)(process_state const&)) const {
  return std::all_of(processes_.begin(), processes_.end(), what);
}

LEAT_INLINE bool store_opening::agree(std::vector<partition_lists const*> const& of_processes, bool& progress) {
  auto const before = std::tuple(stage_, looked_, sent_);
  if (stage_ == stage::found) take_files(of_processes);
  if (stage_ == stage::taken && all_have([](process_state const& of) { return of.told_files; }) && has_no_copies())
    claim_files();
  if (stage_ == stage::claimed && send_state() &&
      all_have([](process_state const& of) { return of.claimed && of.restored; })) {
    for (unsigned process = 0; process != processes_.size(); ++process)
      if (*processes_[process].claimed != from_) refuse_peer(process, "another epoch to go on from than this process");
    stage_ = stage::done;
  }
  progress = before != std::tuple(stage_, looked_, sent_);
  return done();
}

LEAT_INLINE void store_opening::take_files(std::vector<partition_lists const*> const& of_processes) {
  taker_of_ = share_files(of_processes);
  store_message told;
  told.what = store_message::kind::taken;
  for (store_kind::found const& each : found_) {
    if (taker_of_[each.identity.index] != run_.process()) continue;
    std::unique_ptr<store_file> file;
    aside_([&] { file = kind_->open(each); });
    std::uint64_t const drawn = run_.world().seed() >> 1 | 1;
    told.files.push_back({each.identity.index, each.path, file->flow(), file->history(), file->steps(), drawn});
    own_files_.push_back(each.identity.index);
    writer_.files().emplace_back(std::move(file));
  }
  taken_.insert(taken_.end(), told.files.begin(), told.files.end());
  own().told_files = true;
  stage_ = stage::taken;
  if (link_.active()) link_.send_to_all(told);
}

/// Whoever sees a file that another process has taken finds it locked, unless it is another one of the same name; or
/// the other process has died since. That is known once the other has answered, or is lost.
LEAT_INLINE bool store_opening::has_no_copies() {
  if (!looked_) {
    looked_ = true;
    for (store_kind::found const& each : found_) {
      unsigned const taker = taker_of_[each.identity.index];
      if (taker == run_.process() || kind_->is_taken(each)) continue;
      store_message asked;
      asked.what = store_message::kind::looked;
      link_.send(taker, asked);
      free_.push_back(&each);
    }
  }
  for (store_kind::found const* const each : free_)
    if (processes_[taker_of_[each->identity.index]].lives) refuse_copy(*each);
  return free_.empty();
}

LEAT_INLINE void store_opening::refuse_copy(store_kind::found const& copy) const {
  std::string original;
  for (taken_file const& other : taken_)
    if (other.index == copy.identity.index) original = other.path;
  throw std::runtime_error(
      concat({"the recovery store \"", copy.path, "\" of process ", std::to_string(run_.process()), " is a copy of \"",
              original, "\" of process ", std::to_string(taker_of_[copy.identity.index]),
              ": nobody can tell which is the right one; keep only that"}));
}

LEAT_INLINE void store_opening::claim_files() {
  std::sort(taken_.begin(), taken_.end(), [](taken_file const& a, taken_file const& b) { return a.index < b.index; });
  refuse_changed_flow(taken_, run_.flow(), options_.forget_steps);
  std::vector<store_history> histories;
  std::vector<std::string> paths;
  for (taken_file const& each : taken_) {
    histories.push_back(each.history);
    paths.push_back(each.path);
  }
  from_ = resume_from(histories, paths);
  auto const now = std::chrono::duration_cast<std::chrono::seconds>(run_.world().wall().time_since_epoch());
  store_claim const claim{from_,       run_.process_count(), run_.worker_count(),
                          now.count(), run_.flow().name(),   options_.forget_steps};
  for (written_file& each : writer_.files()) {
    aside_([&] {
      each.file().claim(claim);
      each.begin();
    });
    each.file().each_position([&](kept_position&& found) {
      if (link_.active()) {
        store_message message;
        message.what = store_message::kind::from_position;
        message.position = found;
        link_.send_to_all(message);
      }
      note(std::move(found));
    });
    if (!link_.active()) continue;
    for (auto& group : each.groups()) to_send_.push_back(std::move(group));
  }
  note_moved_keys();
  store_message told;
  told.what = store_message::kind::claimed;
  told.from = from_;
  if (link_.active()) link_.send_to_all(told);
  own().claimed = from_;
  stage_ = stage::claimed;
}

LEAT_INLINE void store_opening::note_moved_keys() {
  for (node const* each : run_.flow().nodes()) {
    if (each->describe_rows == nullptr) continue;
    std::string const& step = each->step().name;
    for (auto const& [codec, path] : codecs_of(step))
      if (!have_same_key(codec, record_text::of(each->describe_rows))) moved_.insert(step);
  }
}

LEAT_INLINE void store_opening::note(kept_position&& position) {
  kept_position& known = positions_[{position.step, position.partition}];
  if (position.epoch >= known.epoch) known = std::move(position);
}

LEAT_INLINE bool store_opening::send_state() {
  if (own().restored) return true;
  slot_ownership const owners(run_.worker_count());
  for (; sent_ != to_send_.size(); ++sent_) {
    auto const& [step, group] = to_send_[sent_];
    bool const anywhere = moved_.contains(step);  // keys that have grown may belong to anybody now
    unsigned const first = anywhere ? 0 : group * slots_in_group;
    unsigned const last = (anywhere ? slot_count : first + slots_in_group) - 1;
    std::vector<unsigned> receivers;
    for (unsigned process = owners.owner(first) / run_.settings().workers;
         process <= owners.owner(last) / run_.settings().workers; ++process)
      if (process != run_.process()) receivers.push_back(process);
    for (unsigned const process : receivers)
      if (!link_.has_room(process)) return false;
    if (!receivers.empty()) send(step, group, receivers);
  }
  to_send_.clear();
  sent_ = 0;
  store_message told;
  told.what = store_message::kind::restored;
  if (link_.active()) link_.send_to_all(told);
  own().restored = true;
  return true;
}

LEAT_INLINE void store_opening::send(std::string const& step, std::uint32_t group,
                                     std::vector<unsigned> const& receivers) {
  for (std::size_t i = 0; i != own_files_.size(); ++i) {
    if (own_files_[i] != file_of_group(group, taker_of_.size())) continue;
    writer_.files()[i].file().each_group_of(step, group, group + 1, [&](kept_group&& found) {
      store_message message;
      message.what = store_message::kind::from_group;
      message.group = std::move(found);
      for (unsigned const process : receivers) link_.send(process, message);
    });
  }
}

LEAT_INLINE bool store_opening::take(unsigned process, store_message& message) {
  process_state& from = processes_[process];
  switch (message.what) {
    case store_message::kind::taken:
      if (from.told_files) refuse_peer(process, "its files of the store a second time");
      from.told_files = true;
      taken_.insert(taken_.end(), message.files.begin(), message.files.end());
      return true;
    case store_message::kind::looked: {
      store_message answer;
      answer.what = store_message::kind::lives;
      link_.send(process, answer);
      return true;
    }
    case store_message::kind::lives:
      from.lives = true;
      return true;
    case store_message::kind::claimed:
      from.claimed = message.from;
      return true;
    case store_message::kind::from_position:
      note(std::move(message.position));
      return true;
    case store_message::kind::from_group: {
      std::pair const key(message.group.step, message.group.group);
      foreign_[key].push_back(std::move(message.group));
      return true;
    }
    case store_message::kind::restored:
      from.restored = true;
      return true;
    default:
      return false;
  }
}

LEAT_INLINE std::map<std::string, std::string> store_opening::codecs_of(std::string const& step) const {
  std::map<std::string, std::string> result;
  for (taken_file const& file : taken_)
    if (auto const kept = file.steps.find(step); kept != file.steps.end())
      for (std::string const& codec : kept->second) result.emplace(codec, file.path);
  return result;
}

LEAT_INLINE void store_opening::load(std::string const& step, state_base& into, bool all_slots,
                                     std::function<rows_writer(kept_group const&)> const& look) {
  slot_range const owned = into.owned();
  if (owned.size() == 0) return;
  std::vector<kept_group> parts;
  auto const load_parts = [&] {
    for (std::size_t i = parts.size(); i-- != 0;)  // what later ones have in full is not looked at
      if ((parts[i].present & ~full_from(parts, i + 1)) == 0)
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
    std::vector<rows_writer> writers;
    for (kept_group const& each : parts) writers.push_back(look(each));
    load_rows(parts, writers, into);
    parts.clear();
  };
  unsigned const first = all_slots ? 0 : owned.lo / slots_in_group;
  unsigned const behind_last = all_slots ? group_count : (owned.hi + slots_in_group - 1) / slots_in_group;
  for (written_file& each : writer_.files()) {
    each.file().each_group_of(step, first, behind_last, [&](kept_group&& found) {
      if (!parts.empty() && parts.front().group != found.group) load_parts();
      parts.push_back(std::move(found));
    });
    load_parts();
  }
  for (auto at = foreign_.lower_bound({step, first}); at != foreign_.end() && at->first.first == step; ++at) {
    if (at->first.second >= behind_last) break;
    parts = at->second;  // another worker of this process may own slots of the group, too
    load_parts();
  }
}

}  // namespace leat::detail
