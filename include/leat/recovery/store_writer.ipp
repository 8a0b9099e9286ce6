// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/recovery/grouped_rows.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/recovery/store_writer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE void kept_epoch::add(kept_group&& rows) {
  auto const [at, added] = groups.try_emplace({rows.step, rows.group}, kept_group());
  if (added) {
    at->second = std::move(rows);
    return;
  }
  kept_group& there = at->second;
  there.present = static_cast<std::uint16_t>(there.present | rows.present);
  there.full = static_cast<std::uint16_t>(there.full | rows.full);
  there.bytes.insert(there.bytes.end(), rows.bytes.begin(), rows.bytes.end());
}

LEAT_INLINE void kept_epoch::add(kept_position&& position) {
  positions[{position.step, position.partition}] = std::move(position);
}

LEAT_INLINE std::vector<std::byte> spare_memory::take() {
  std::lock_guard const lock(mutex_);
  std::vector<std::byte> result;
  if (!buffers_.empty()) {
    result = std::move(buffers_.back());
    buffers_.pop_back();
  }
  return result;
}

LEAT_INLINE void spare_memory::replace(row_memory&& by) {
  for (std::vector<std::byte>& each : by) each.clear();
  std::lock_guard const lock(mutex_);
  buffers_.swap(by);
}

LEAT_INLINE void written_file::begin() {
  file_->each_group([this](kept_group&& found) { note(found); }, false);
  file_->each_position([this](kept_position&& found) { note(found); });
  for (auto const& time : file_->times()) times_.push_back(time);
  oldest_ = file_->history().oldest_epoch;
}

LEAT_INLINE std::vector<std::pair<std::string, std::uint32_t>> written_file::groups() const {
  std::vector<std::pair<std::string, std::uint32_t>> result;
  for (auto const& [key, history] : groups_) result.push_back(key);
  return result;
}

LEAT_INLINE void written_file::note(kept_group const& group) {
  history_of<kept_group>& history = groups_[{group.step, group.group}];
  kept_group& added = history.parts.emplace_back();
  added.step = group.step;
  added.group = group.group;
  added.epoch = group.epoch;
  added.present = group.present;
  added.full = group.full;
  if (group.full != 0 && history.parts.size() > 1 && !std::exchange(history.crowded, true))
    crowded_groups_.emplace_back(group.step, group.group);
}

LEAT_INLINE void written_file::note(kept_position const& position) {
  history_of<std::uint64_t>& history = positions_[{position.step, position.partition}];
  history.parts.push_back(position.epoch);
  if (history.parts.size() > 1 && !std::exchange(history.crowded, true))
    crowded_positions_.emplace_back(position.step, position.partition);
}

LEAT_INLINE void written_file::keep_since(std::uint64_t decided, std::int64_t time) {
  // The last such epoch, since the clock may have been ahead for a while.
  auto const found = std::find_if(times_.rbegin(), times_.rend(),
                                  [&](auto const& each) { return each.first <= decided && each.second <= time; });
  if (found == times_.rend()) return;
  times_.erase(times_.begin(), found.base() - 1);
  oldest_ = (std::max)(oldest_, times_.front().first);
}

LEAT_INLINE void written_file::choose_old(store_commit& to) {
  std::size_t room = most_removed + to.groups.size() + to.positions.size();
  for (std::size_t left = crowded_groups_.size(); left != 0 && room != 0; --left) {
    auto const key = std::move(crowded_groups_.front());
    crowded_groups_.pop_front();
    history_of<kept_group>& history = groups_[key];
    std::vector<kept_group>& parts = history.parts;
    std::vector<bool> needless(parts.size());
    unsigned full = 0;
    bool later = false;  // something will be superseded when its time has come
    for (std::size_t i = parts.size(); i != 0; --i) {
      kept_group const& part = parts[i - 1];
      needless[i - 1] = (part.present & ~full) == 0 && full != 0;
      if (needless[i - 1]) continue;
      if (part.epoch <= oldest_) full |= part.full;
      later = later || (part.epoch > oldest_ && part.full != 0 && i > 1);
    }
    std::size_t left_there = 0;
    for (std::size_t i = 0; i != parts.size(); ++i) {
      if (needless[i] && room != 0) {
        to.old_groups.push_back(std::move(parts[i]));
        --room;
        continue;
      }
      later = later || needless[i];
      if (left_there != i) parts[left_there] = std::move(parts[i]);
      ++left_there;
    }
    parts.resize(left_there);
    history.crowded = later;
    if (later) crowded_groups_.push_back(key);
  }
  for (std::size_t left = crowded_positions_.size(); left != 0 && room != 0; --left) {
    auto const key = std::move(crowded_positions_.front());
    crowded_positions_.pop_front();
    history_of<std::uint64_t>& history = positions_[key];
    std::vector<std::uint64_t>& epochs = history.parts;
    auto const later = std::upper_bound(epochs.begin(), epochs.end(), oldest_);
    auto const needed = later == epochs.begin() ? later : later - 1;
    auto const needless = static_cast<std::size_t>(needed - epochs.begin());
    auto const end = epochs.begin() + static_cast<std::ptrdiff_t>((std::min)(needless, room));
    for (auto each = epochs.begin(); each != end; ++each)
      to.old_positions.push_back({key.first, key.second, *each, {}, {}});
    room -= (std::min)(needless, room);
    epochs.erase(epochs.begin(), end);
    history.crowded = epochs.size() > 1;
    if (history.crowded) crowded_positions_.push_back(key);
  }
}

LEAT_INLINE row_memory written_file::commit(kept_epochs&& epochs, std::uint64_t run, std::uint64_t epoch,
                                            std::int64_t time) {
  store_commit what;
  what.run = run;
  what.epoch = epoch;
  what.time = time;
  what.oldest_epoch = oldest_;
  for (auto& [number, kept] : epochs) {
    for (auto& [key, group] : kept.groups) what.groups.push_back(std::move(group));
    for (auto& [key, position] : kept.positions) what.positions.push_back(std::move(position));
  }
  choose_old(what);
  file_->commit(what);
  row_memory rows;
  for (kept_group& each : what.groups) {
    note(each);
    rows.push_back(std::move(each.bytes));
  }
  for (kept_position const& each : what.positions) note(each);
  times_.emplace_back(epoch, time);
  return rows;
}

LEAT_INLINE void store_writer::write(job& asked) {
  std::lock_guard const lock(writing_);
  if (closed_) return;
  std::exception_ptr failure;
  row_memory spare;
  try {
    for (std::size_t i = 0; i != files_.size(); ++i) {
      files_[i].keep_since(asked.decided, asked.keep_from);
      row_memory rows = files_[i].commit(std::move(asked.of_files[i]), asked.run, asked.epoch, asked.time);
      std::move(rows.begin(), rows.end(), std::back_inserter(spare));
    }
    spare_.replace(std::move(spare));
  } catch (...) {
    failure = std::current_exception();
  }
  done_(asked.epoch, failure);
}

LEAT_INLINE void store_writer::close() {
  std::lock_guard const lock(writing_);
  closed_ = true;
  files_.clear();
}

}  // namespace leat::detail
