// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/sqlite_connection.hpp>

namespace leat {
class file_system;
}

namespace leat::detail {

/// Throws where a journal stands beside the database that was not begun with it as it is: a run was killed in the midst
/// of a commit, and the file then put there from a copy. SQLite would put pages of the file that is gone into the copy.
/// Before the first statement. Nobody's lock is lost by it.
void refuse_strange_journal(sqlite_connection& in, file_system& files);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/sqlite_journal.ipp>
#endif
