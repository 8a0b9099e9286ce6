// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/recovery/resume_point.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace leat::detail {

/// What this file knows of a run; null: nothing.
inline store_history::run const* run_of(store_history const& file, std::uint64_t number) {
  for (store_history::run const& each : file.runs)
    if (each.number == number) return &each;
  return nullptr;
}

inline bool less_recent(store_history const& a, store_history const& b) {
  auto const latest = [](store_history const& file) {
    if (file.runs.empty()) return std::pair<std::uint64_t, std::uint64_t>(0, 0);
    store_history::run const& last = file.runs.back();
    return std::pair(last.number, (std::max)(last.began_at, last.last_done));
  };
  return latest(a) < latest(b);
}

/// Whether a run has gone on from an epoch here, or has finished one.
inline bool has_kept(store_history const& file) {
  return std::any_of(file.runs.begin(), file.runs.end(),
                     [](store_history::run const& each) { return each.began_at != 0 || each.last_done != 0; });
}

LEAT_INLINE resume_point resume_from(std::span<store_history const> files, std::span<std::string const> paths) {
  resume_point found;
  for (store_history const& file : files)
    for (store_history::run const& each : file.runs) {
      found.run = (std::max)(found.run, each.number + 1);
      bool const claimed_all = std::all_of(files.begin(), files.end(), [&](store_history const& other) {
        return run_of(other, each.number) != nullptr;
      });
      if (claimed_all) found.parent = (std::max)(found.parent, each.number);
    }
  if (found.parent != 0) {
    found.epoch = (std::numeric_limits<std::uint64_t>::max)();
    for (store_history const& file : files) {
      store_history::run const& left = *run_of(file, found.parent);
      found.epoch = (std::min)(found.epoch, (std::max)(left.began_at, left.last_done));
    }
  }
  auto const by_age = std::minmax_element(files.begin(), files.end(), less_recent);
  auto const path_of = [&](auto file) { return paths[static_cast<std::size_t>(file - files.begin())]; };
  // A run that only some files have claimed has kept nothing. One that has, and that others do not know, is theirs to
  // go on from: to begin anew would remove what it has kept.
  if (found.parent == 0 && std::any_of(files.begin(), files.end(), has_kept))
    throw std::runtime_error(concat({"the recovery store \"", path_of(by_age.first),
                                     "\" is older than the others: no run is known to it and to \"",
                                     path_of(by_age.second), "\" too: copies of the files have to be of one time"}));
  for (std::size_t i = 0; i != files.size(); ++i)
    if (files[i].oldest_epoch > found.epoch) {
      std::size_t const oldest =
          static_cast<std::size_t>(std::min_element(files.begin(), files.end(), less_recent) - files.begin());
      throw std::runtime_error(
          concat({"the recovery store \"", paths[oldest], "\" is older than the others: it ends with epoch ",
                  std::to_string(found.epoch), ", and \"", paths[i], "\" has removed what was before epoch ",
                  std::to_string(files[i].oldest_epoch),
                  ": copies of the files have to be of one time, or no further apart than --backup-interval says"}));
    }
  return found;
}

}  // namespace leat::detail
