// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/recovery/lock_patience.hpp>
#include <leat/recovery/sqlite_store.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/recovery/store_status.hpp>
#include <leat/recovery/stored_run.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/files.hpp>
#include <leat/run/options.hpp>
#include <leat/run/recovery.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

namespace leat::detail {

LEAT_INLINE std::chrono::milliseconds patience_with_locks(std::chrono::nanoseconds dead_after) {
  constexpr std::chrono::nanoseconds most = std::chrono::hours(1);
  bool const never_dead = dead_after == (std::chrono::nanoseconds::max)();
  std::chrono::nanoseconds const known_after = never_dead ? options().dead_after : (std::min)(dead_after, most);
  return std::chrono::ceil<std::chrono::milliseconds>(known_after) + std::chrono::seconds(5);
}

LEAT_INLINE std::unique_ptr<recovered_run> open_stores(execution& run) {
  std::chrono::milliseconds const longest = patience_with_locks(run.settings().dead_after);
  lock_patience patience(longest, [&world = run.world(), longest](std::string const& path) {
    world.log(waiting_for(path, world.files(), longest));
  });
  return std::make_unique<stored_run>(run, std::make_unique<sqlite_stores>(run.world().files(), std::move(patience)),
                                      run.settings().recovery);
}

LEAT_INLINE std::string make_stores(std::string const& directory, unsigned files) {
  if (files == 0 || files > group_count)
    throw std::runtime_error(concat({"a recovery store has from 1 to ", std::to_string(group_count), " files"}));
  std::random_device chance;
  std::string set;
  for (int i = 0; i != 32; ++i) set += "0123456789abcdef"[chance() % 16];
  sqlite_stores(machine_files()).make(directory, files, set);
  return concat(
      {"made a recovery store of ", std::to_string(files), files == 1 ? " file" : " files", " in ", directory, "\n"});
}

LEAT_INLINE std::string make_own_store(std::string const& directory, unsigned files, std::string const& set,
                                       unsigned process) {
  bool const made = sqlite_stores(machine_files()).make_own(directory, {set, process, files});
  std::string const what = process < files ? concat({"part ", std::to_string(process), " of ", std::to_string(files)})
                                           : "a directory without a file";
  return concat({made ? "made " : "there is ", what, " of the recovery store \"", set, "\" in ", directory, "\n"});
}

LEAT_INLINE std::string status_of_stores(std::string const& directory) {
  sqlite_stores stores(machine_files());
  return store_status(stores, directory);
}

}  // namespace leat::detail

namespace leat {

LEAT_INLINE void make_recovery_store(std::string const& directory, unsigned files) {
  detail::make_stores(directory, files);
}

}  // namespace leat
