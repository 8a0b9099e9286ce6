// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/error.hpp>
#include <leat/recovery/lock_patience.hpp>
#include <leat/recovery/sqlite_connection.hpp>

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace leat::detail {

inline std::string sentence_about_store(std::string const& path, std::string_view reason) {
  return concat({"the recovery store \"", shown(path, path.size()), "\": ", reason});
}

LEAT_INLINE void refuse_store(std::string const& path, std::string_view reason) {
  throw std::runtime_error(sentence_about_store(path, reason));
}

LEAT_INLINE sqlite_connection::sqlite_connection(std::string path, use wanted, lock_patience patience)
    : path_(std::move(path)), patience_(std::move(patience)) {
  // Who only looks may have to take back what was not committed when the power failed, so it writes too.
  int const mode = SQLITE_OPEN_READWRITE | (wanted == use::make ? SQLITE_OPEN_CREATE : 0);
  try {
    if (sqlite3_open_v2(path_.c_str(), &handle_, mode | SQLITE_OPEN_FULLMUTEX, nullptr) != SQLITE_OK) fail();
    // SQLite would open it for reading, and lock nothing.
    if (sqlite3_db_readonly(handle_, "main") == 1)
      refuse_store(path_, "it cannot be written: see to it that this user may write it and its directory");
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_handler(handle_, &wait_for_lock, this);
    // A file may come from anybody: nothing in it is run, and what is damaged is found.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    run("PRAGMA cell_size_check = ON");
    if (wanted == use::look) return;
    // What has been committed stays, also when the power fails.
    run("PRAGMA locking_mode = EXCLUSIVE");
    run("PRAGMA journal_mode = TRUNCATE");
    run("PRAGMA synchronous = EXTRA");
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
}

LEAT_INLINE sqlite_connection::~sqlite_connection() { sqlite3_close_v2(handle_); }

/// Called by SQLite where it finds a lock; 0: it is to give up.
LEAT_INLINE int sqlite_connection::wait_for_lock(void* connection, int times) {
  auto& waiting = *static_cast<sqlite_connection*>(connection);
  if (times == 0) waiting.waited_ = {};
  try {
    return waiting.wait_some() ? 1 : 0;
  } catch (...) {  // nothing may be thrown through SQLite: without memory the lock is not waited for
    return 0;
  }
}

LEAT_INLINE bool sqlite_connection::wait_some() {
  constexpr std::chrono::milliseconds step(20);
  if (waited_ >= patience_.longest) return false;
  sqlite3_sleep(static_cast<int>(step.count()));
  waited_ += step;
  if (waited_ - step < patience_.silent && waited_ >= patience_.silent && patience_.tell) patience_.tell(path_);
  return true;
}

LEAT_INLINE void sqlite_connection::run(char const* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

LEAT_INLINE std::int64_t sqlite_connection::number_of(char const* sql) {
  sqlite_statement asked(*this, sql);
  return asked.row() ? asked.integer(0) : 0;
}

LEAT_INLINE void sqlite_connection::fail() {
  int const code = handle_ == nullptr ? SQLITE_NOMEM : sqlite3_errcode(handle_);
  int const of_system = handle_ == nullptr ? 0 : sqlite3_system_errno(handle_);
  std::string const reason = of_system != 0 ? std::generic_category().message(of_system)
                                            : std::string(handle_ == nullptr ? "" : sqlite3_errmsg(handle_));
  switch (code & 0xff) {
    case SQLITE_FULL:
      refuse_store(path_, "the disk is full: make room and start again");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw cluster_error(
          cluster_error::status::lost,
          sentence_about_store(path_, "another process is using it: see that it has ended, and start again"));
    case SQLITE_NOTADB:
      refuse_store(path_, "this file is no recovery store, or its beginning is damaged");
    case SQLITE_CORRUPT:  // which SQLite also says where the disk cannot read
      refuse_store(
          path_, concat({"it is damaged, or cannot be read (", sqlite3_errmsg(handle_), "): put a copy in its place"}));
    case SQLITE_CANTOPEN:
      refuse_store(path_, concat({"it cannot be opened: ", reason}));
    case SQLITE_READONLY:
    case SQLITE_PERM:
      refuse_store(path_, concat({"it cannot be written: ", reason}));
    case SQLITE_IOERR:
      refuse_store(path_, concat({"it cannot be read or written: ", reason}));
    default:
      refuse_store(path_, reason);
  }
}

LEAT_INLINE sqlite_statement::sqlite_statement(sqlite_connection& in, char const* sql) : in_(in) {
  if (sqlite3_prepare_v2(in_.handle(), sql, -1, &statement_, nullptr) != SQLITE_OK) in_.fail();
}

LEAT_INLINE sqlite_statement::~sqlite_statement() { sqlite3_finalize(statement_); }

LEAT_INLINE sqlite_statement& sqlite_statement::bind(int at, std::int64_t value) {
  if (sqlite3_bind_int64(statement_, at, value) != SQLITE_OK) in_.fail();
  return *this;
}

LEAT_INLINE sqlite_statement& sqlite_statement::bind(int at, std::string_view text) {
  if (sqlite3_bind_text64(statement_, at, text.data(), text.size(), nullptr, SQLITE_UTF8) != SQLITE_OK) in_.fail();
  return *this;
}

LEAT_INLINE sqlite_statement& sqlite_statement::bind(int at, std::span<std::byte const> bytes) {
  void const* const from = bytes.empty() ? static_cast<void const*>("") : bytes.data();  // null would be NULL
  if (sqlite3_bind_blob64(statement_, at, from, bytes.size(), nullptr) != SQLITE_OK) in_.fail();
  return *this;
}

LEAT_INLINE void sqlite_statement::run() {
  while (row()) {
  }
}

LEAT_INLINE bool sqlite_statement::row() {
  int const result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) in_.fail();
  sqlite3_reset(statement_);
  return false;
}

LEAT_INLINE std::int64_t sqlite_statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

LEAT_INLINE std::string sqlite_statement::text(int column) const {
  void const* const from = sqlite3_column_blob(statement_, column);
  auto const length = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return from == nullptr ? std::string() : std::string(static_cast<char const*>(from), length);
}

LEAT_INLINE std::vector<std::byte> sqlite_statement::blob(int column) const {
  auto const* const from = static_cast<std::byte const*>(sqlite3_column_blob(statement_, column));
  auto const length = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return from == nullptr ? std::vector<std::byte>() : std::vector<std::byte>(from, from + length);
}

}  // namespace leat::detail
