// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/lock_patience.hpp>
#include <leat/recovery/store_file.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace leat {
class file_system;
}

namespace leat::detail {

/// Stores whose files are SQLite databases, `part-0.sqlite3` and on in a directory. A commit is on the disk when it
/// returns. A file that a run has taken is locked until the run ends or its process does.
class sqlite_stores final : public store_kind {
 public:
  /// `files` tells what is in a directory. A file that is locked is waited for: a run whose files the next one takes
  /// may need a moment to end, and as long as it takes to notice where it has lost its processes.
  explicit sqlite_stores(file_system& files, lock_patience patience = std::chrono::milliseconds(5000))
      : files_(files), patience_(std::move(patience)) {}

  std::vector<found> find(std::string const& directory) override;
  std::unique_ptr<store_file> open(found const& file) override;
  bool is_taken(found const& file) override;

  /// An empty store of so many files in a directory, which is made where it is not there. `set` is in no other store.
  /// Throws std::runtime_error where there is a store already.
  void make(std::string const& directory, unsigned count, std::string const& set);
  /// Of such a store the file of this number, where it is not there yet; the others are made elsewhere. One beyond the
  /// last file gets a directory without any. True when there was none of these. Throws std::runtime_error where there
  /// is a file of another number or store.
  bool make_own(std::string const& directory, store_identity const& file);

 private:
  std::vector<std::string> paths_in(std::string const& directory);
  bool make_directory(std::string const& directory);
  void sync_name_of(std::string const& directory);

  file_system& files_;
  lock_patience patience_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/sqlite_store.ipp>
#endif
