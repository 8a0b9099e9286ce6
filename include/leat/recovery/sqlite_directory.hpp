// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/recovery/sqlite_connection.hpp>

#include <string>
#include <system_error>

namespace leat::detail {

inline std::string path_of_part(std::string const& directory, unsigned index) {
  return concat({directory, "/part-", std::to_string(index), ".sqlite3"});
}

/// That the names of a file and of its journal are on the disk, within a change and before it is committed: SQLite goes
/// on where it cannot sync a directory, and without a journal a commit that is broken off is not taken back.
inline void sync_names(std::string const& path, file_system& files) {
  if (int const error = files.sync_name(path); error != 0)
    refuse_store(path, concat({"its name cannot be written: ", std::generic_category().message(error)}));
}

}  // namespace leat::detail
