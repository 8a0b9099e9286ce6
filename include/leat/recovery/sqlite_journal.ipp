// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/recovery/sqlite_connection.hpp>
#include <leat/recovery/sqlite_journal.hpp>

#include <sqlite3.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>

namespace leat::detail {

/// What SQLite's file format says of places: the number of changes stands in the first page of a database, and a
/// journal has pages as they were, in segments with a head each.
struct journal_format {
  static constexpr std::size_t changes_at = 24;
  static constexpr std::size_t head = 28;
  static constexpr unsigned char magic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
};

inline std::uint32_t big_endian(unsigned char const* from) {
  return std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 | std::uint32_t{from[2]} << 8 | from[3];
}

[[noreturn, gnu::cold]] inline void refuse_unread(std::string const& path, int error) {
  refuse_store(path, concat({"it cannot be read: ", std::generic_category().message(error)}));
}

/// False where the file ends before. Throws where it cannot be read.
inline bool read_at(open_file& from, std::string const& path, std::uint64_t place, unsigned char* to,
                    std::size_t count) {
  if (int const error = from.seek(place); error != 0) refuse_unread(path, error);
  for (std::size_t have = 0; have != count;) {
    file_system::outcome const read = from.read(reinterpret_cast<char*>(to) + have, count - have);
    if (read.error == EAGAIN) continue;  // a signal came first
    if (read.error != 0) refuse_unread(path, read.error);
    if (read.count == 0) return false;
    have += read.count;
  }
  return true;
}

/// The number of changes of the database whose pages these are. None where nothing would be put back, or not the first
/// page.
inline std::optional<std::uint32_t> changes_in_journal(open_file& journal, std::string const& path) {
  unsigned char head[journal_format::head];
  for (std::uint64_t at = 0; read_at(journal, path, at, head, sizeof head);) {
    if (std::memcmp(head, journal_format::magic, sizeof journal_format::magic) != 0) return std::nullopt;
    std::uint64_t const pages = big_endian(head + 8);
    std::uint64_t const sector = big_endian(head + 20);
    std::uint64_t const page = big_endian(head + 24);
    if (pages == 0 || sector < journal_format::head || page < 512 || sector > 65536 || page > 65536)
      return std::nullopt;
    std::uint64_t record = at + sector;
    for (std::uint64_t i = 0; i != pages; ++i, record += page + 8) {
      unsigned char number[4];
      if (!read_at(journal, path, record, number, sizeof number)) return std::nullopt;
      if (big_endian(number) != 1) continue;
      if (!read_at(journal, path, record + 4 + journal_format::changes_at, number, sizeof number)) return std::nullopt;
      return big_endian(number);
    }
    at = (record + sector - 1) / sector * sector;
  }
  return std::nullopt;
}

/// Through SQLite's own handle: to close another one would give up the locks that this process has.
inline std::optional<std::uint32_t> changes_in_database(sqlite_connection& in) {
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(in.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == nullptr ||
      file->pMethods == nullptr)
    return std::nullopt;
  unsigned char number[4];
  int const result = file->pMethods->xRead(file, number, sizeof number, journal_format::changes_at);
  if (result == SQLITE_IOERR_SHORT_READ) return std::nullopt;
  if (result != SQLITE_OK) {
    int error = 0;
    sqlite3_file_control(in.handle(), "main", SQLITE_FCNTL_LAST_ERRNO, &error);
    refuse_unread(in.path(), error);
  }
  return big_endian(number);
}

LEAT_INLINE void refuse_strange_journal(sqlite_connection& in, file_system& files) {
  open_file journal;
  std::string const path = in.path() + "-journal";
  int const error = journal.open(files, path, file_use::read);
  if (error == ENOENT || (error == 0 && journal.facts().size == 0)) return;
  if (error != 0) refuse_unread(path, error);
  std::optional<std::uint32_t> const before = changes_in_database(in);
  std::optional<std::uint32_t> const begun_at = changes_in_journal(journal, path);
  // Another number than before: somebody is using it, and is told of later.
  if (!before || !begun_at || before != changes_in_database(in)) return;
  if (*before == *begun_at || *before == *begun_at + 1) return;
  refuse_store(in.path(),
               concat({"beside it is a journal of another file, \"", in.path(),
                       "-journal\": a run was killed, and this file then put there from a copy; remove the journal"}));
}

}  // namespace leat::detail
