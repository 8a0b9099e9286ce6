// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/lock_patience.hpp>

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leat::detail {

/// Says what is wrong with this file of a store.
[[noreturn, gnu::cold]] void refuse_store(std::string const& path, std::string_view reason);

/// A database. Errors become a std::runtime_error that names the file; that another process is using it, which passes,
/// the cluster_error of what passes.
class sqlite_connection {
 public:
  enum class use { look, take, make };

  sqlite_connection(std::string path, use wanted, lock_patience patience);
  sqlite_connection(sqlite_connection const&) = delete;
  sqlite_connection& operator=(sqlite_connection const&) = delete;
  ~sqlite_connection();

  std::string const& path() const { return path_; }
  void run(char const* sql);
  std::int64_t number_of(char const* sql);
  /// Of the last error.
  [[noreturn, gnu::cold]] void fail();
  sqlite3* handle() { return handle_; }

 private:
  static int wait_for_lock(void* connection, int times);
  bool wait_some();

  std::string path_;
  lock_patience patience_;
  std::chrono::milliseconds waited_{0};
  sqlite3* handle_ = nullptr;
};

/// A prepared statement; values are bound from 1 on, columns counted from 0.
class sqlite_statement {
 public:
  sqlite_statement(sqlite_connection& in, char const* sql);
  sqlite_statement(sqlite_statement const&) = delete;
  sqlite_statement& operator=(sqlite_statement const&) = delete;
  ~sqlite_statement();

  sqlite_statement& bind(int at, std::int64_t value);
  sqlite_statement& bind(int at, std::uint64_t value) { return bind(at, static_cast<std::int64_t>(value)); }
  sqlite_statement& bind(int at, unsigned value) { return bind(at, std::int64_t{value}); }
  /// What is bound has to live until `run` or the last `row`.
  sqlite_statement& bind(int at, std::string_view text);
  sqlite_statement& bind(int at, std::span<std::byte const> bytes);

  /// To its end; it can be bound anew.
  void run();
  /// False: there is no further row, and it can be bound anew.
  bool row();

  std::int64_t integer(int column) const;
  std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string text(int column) const;
  std::vector<std::byte> blob(int column) const;

 private:
  sqlite_connection& in_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/sqlite_connection.ipp>
#endif
