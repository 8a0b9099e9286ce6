// SPDX-License-Identifier: BSL-1.0
#include "histories/sqlite_disk.hpp"

#include <leat/op/running/file_system.hpp>
#include <leat/run/simulated/disk.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace histories {
namespace {

leat::detail::simulated_disk* disk = nullptr;
int last_error = 0;

/// What SQLite knows as an open file.
struct opened {
  sqlite3_file base;
  std::string* path;
  int handle;
  int lock;
  bool nameless;  ///< the name of a journal that it has made is not on the disk
};
std::vector<opened*> all_opened;  ///< locks are between these

opened& of(sqlite3_file* file) { return *reinterpret_cast<opened*>(file); }

int failed(int error, int code) {
  last_error = error;
  return error == ENOSPC ? SQLITE_FULL : code;
}

std::string directory_of(std::string const& path) {
  std::size_t const slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

int close_file(sqlite3_file* file) {
  std::erase(all_opened, &of(file));
  disk->close(of(file).handle);
  delete of(file).path;
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* to, int amount, sqlite3_int64 at) {
  auto const wanted = static_cast<std::size_t>(amount);
  disk->seek(of(file).handle, static_cast<std::uint64_t>(at));
  std::size_t got = 0;
  while (got != wanted) {
    auto const read = disk->read(of(file).handle, static_cast<char*>(to) + got, wanted - got);
    if (read.error == EAGAIN) continue;
    if (read.error != 0) return failed(read.error, SQLITE_IOERR_READ);
    if (read.count == 0) break;
    got += read.count;
  }
  std::memset(static_cast<char*>(to) + got, 0, wanted - got);
  return got == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, void const* from, int amount, sqlite3_int64 at) {
  disk->seek(of(file).handle, static_cast<std::uint64_t>(at));
  int const error = disk->write(of(file).handle, {static_cast<char const*>(from), static_cast<std::size_t>(amount)});
  return error != 0 ? failed(error, SQLITE_IOERR_WRITE) : SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  int const error = disk->truncate(of(file).handle, static_cast<std::uint64_t>(size));
  return error != 0 ? failed(error, SQLITE_IOERR_TRUNCATE) : SQLITE_OK;
}

/// As SQLite does it by itself: the name of a new journal is synced with it, and with that all of the directory; when
/// that fails it goes on.
int sync_file(sqlite3_file* file, int) {
  opened& synced = of(file);
  if (int const error = disk->sync(synced.handle); error != 0) return failed(error, SQLITE_IOERR_FSYNC);
  if (std::exchange(synced.nameless, false)) disk->sync_names(directory_of(*synced.path));
  return SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(disk->facts(of(file).handle).size);
  return SQLITE_OK;
}

/// The highest lock of anybody else.
int lock_of_others(opened const& own) {
  int highest = SQLITE_LOCK_NONE;
  for (opened const* other : all_opened)
    if (other != &own && *other->path == *own.path) highest = std::max(highest, other->lock);
  return highest;
}

int lock_file(sqlite3_file* file, int wanted) {
  opened& own = of(file);
  int const others = lock_of_others(own);
  if (own.lock >= wanted) return SQLITE_OK;
  if (wanted == SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_PENDING) return SQLITE_BUSY;
  if (wanted > SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_RESERVED) return SQLITE_BUSY;
  if (wanted == SQLITE_LOCK_EXCLUSIVE && others != SQLITE_LOCK_NONE) {
    own.lock = SQLITE_LOCK_PENDING;
    return SQLITE_BUSY;
  }
  own.lock = wanted;
  return SQLITE_OK;
}

int unlock_file(sqlite3_file* file, int left) {
  of(file).lock = std::min(of(file).lock, left);
  return SQLITE_OK;
}

int look_for_reserved(sqlite3_file* file, int* found) {
  *found = std::max(of(file).lock, lock_of_others(of(file))) >= SQLITE_LOCK_RESERVED ? 1 : 0;
  return SQLITE_OK;
}

int control_file(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_of(sqlite3_file*) { return 512; }
/// Nothing is promised beyond that.
int traits_of(sqlite3_file*) { return 0; }

sqlite3_io_methods const* methods() {
  static sqlite3_io_methods const of_files = [] {
    sqlite3_io_methods result{};
    result.iVersion = 1;
    result.xClose = close_file;
    result.xRead = read_file;
    result.xWrite = write_file;
    result.xTruncate = truncate_file;
    result.xSync = sync_file;
    result.xFileSize = size_of_file;
    result.xLock = lock_file;
    result.xUnlock = unlock_file;
    result.xCheckReservedLock = look_for_reserved;
    result.xFileControl = control_file;
    result.xSectorSize = sector_of;
    result.xDeviceCharacteristics = traits_of;
    return result;
  }();
  return &of_files;
}

/// The disk lets one at a time write a file; SQLite shares files by locks of its own.
int open_file(sqlite3_vfs*, char const* name, sqlite3_file* file, int flags, int* flags_got) {
  file->pMethods = nullptr;
  if (name == nullptr) return SQLITE_CANTOPEN;  // nothing that is tested is large enough for a file without a name
  std::string const path(name);
  bool const is_new = !disk->has(path);
  int handle = 0;
  if (is_new) {
    if ((flags & SQLITE_OPEN_CREATE) == 0) return failed(ENOENT, SQLITE_CANTOPEN);
    if (int const error = disk->open(path, leat::file_use::write, handle); error != 0)
      return failed(error, SQLITE_CANTOPEN);
    disk->close(handle);
  }
  if (int const error = disk->open(path, leat::file_use::read, handle); error != 0)
    return failed(error, SQLITE_CANTOPEN);
  bool const nameless = is_new && (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0;
  ::new (file) opened{{methods()}, new std::string(path), handle, SQLITE_LOCK_NONE, nameless};
  all_opened.push_back(&of(file));
  if (flags_got != nullptr) *flags_got = flags;
  return SQLITE_OK;
}

int remove_file(sqlite3_vfs*, char const* name, int syncs) {
  int const error = disk->remove(name);
  if (error == ENOENT) return SQLITE_IOERR_DELETE_NOENT;
  if (error != 0) return failed(error, SQLITE_IOERR_DELETE);
  if (syncs == 0) return SQLITE_OK;
  int const of_names = disk->sync_names(directory_of(name));
  return of_names != 0 ? failed(of_names, SQLITE_IOERR_DIR_FSYNC) : SQLITE_OK;
}

/// An empty journal is none.
int look_for(sqlite3_vfs*, char const* name, int, int* found) {
  *found = disk->has(name) && disk->facts(name, leat::file_use::read).size != 0 ? 1 : 0;
  return SQLITE_OK;
}

int full_name(sqlite3_vfs*, char const* name, int room, char* to) {
  std::string_view const whole(name);
  if (whole.size() >= static_cast<std::size_t>(room)) return SQLITE_CANTOPEN;
  whole.copy(to, whole.size());
  to[whole.size()] = '\0';
  return SQLITE_OK;
}

/// The same in each seed.
int random_bytes(sqlite3_vfs*, int amount, char* to) {
  std::memset(to, 1, static_cast<std::size_t>(amount));
  return amount;
}

int wait(sqlite3_vfs*, int microseconds) { return microseconds; }

int time_of_day(sqlite3_vfs*, double* to) {
  *to = 2461042.5;  // 2026-01-01
  return SQLITE_OK;
}

int error_of_system(sqlite3_vfs*, int, char*) { return last_error; }

}  // namespace

void keep_sqlite_on(leat::detail::simulated_disk& on) {
  static sqlite3_vfs* const registered = [] {
    static sqlite3_vfs result{};
    result.iVersion = 1;
    result.szOsFile = sizeof(opened);
    result.mxPathname = 512;
    result.zName = "simulated disk";
    result.xOpen = open_file;
    result.xDelete = remove_file;
    result.xAccess = look_for;
    result.xFullPathname = full_name;
    result.xRandomness = random_bytes;
    result.xSleep = wait;
    result.xCurrentTime = time_of_day;
    result.xGetLastError = error_of_system;
    sqlite3_vfs_register(&result, 1);
    return &result;
  }();
  disk = registered != nullptr ? &on : nullptr;
  sqlite3_randomness(0, nullptr);
}

}  // namespace histories
