// SPDX-License-Identifier: BSL-1.0
// Stands in front of the C library (LD_PRELOAD), and has one call of a program's upon a file fail, or kill the program:
// - LEAT_FAIL=CALL:N:HOW is the N-th of its calls, from 1 on. HOW is the name of an error; `short` (half of the bytes
//   are written, and the program is told so), `full` (half of them, and the disk has no room from then on), `torn` (half
//   of them, and the program is killed), `kill` (before the call), `killed` (behind it), or `power` (before it, and of
//   what was written and not synced, some sectors are on the disk and some are not).
// - LEAT_FAIL_IN is a directory: other files are left alone.
// - LEAT_FAIL_LOG is a file to which `failed` and the path of the file are written when it happens, and in the end how
//   many calls there were.
// - LEAT_FAIL_PROCESS is the process of a cluster in which it is to happen; all, unless said.
#undef _FILE_OFFSET_BITS  // both forms of each function are here
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

enum class call : unsigned { open, read, pread, write, pwrite, fsync, fdatasync, ftruncate, unlink, rename };
constexpr std::array<char const*, 10> call_names{"open",  "read",      "pread",     "write",  "pwrite",
                                                 "fsync", "fdatasync", "ftruncate", "unlink", "rename"};
enum class effect { none, error, short_write, full, torn, kill, kill_behind, power };

struct wish {
  std::string call_name;
  unsigned nth = 0;
  effect how = effect::none;
  int error = 0;
  std::string directory;
  std::string log;
};

std::string variable(char const* name) {
  char const* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

bool is_this_process(std::string const& wanted) {
  if (wanted.empty()) return true;
  std::ifstream line("/proc/self/cmdline", std::ios::binary);
  std::string const arguments((std::istreambuf_iterator<char>(line)), std::istreambuf_iterator<char>());
  std::string const number = std::string("\0-i\0", 4) + wanted + std::string(1, '\0');
  return arguments.find(number) != std::string::npos;
}

wish read_wish() {
  wish result;
  result.directory = variable("LEAT_FAIL_IN");
  result.log = variable("LEAT_FAIL_LOG");
  std::string const text = variable("LEAT_FAIL");
  std::size_t const first = text.find(':');
  std::size_t const second = text.find(':', first + 1);
  if (second == std::string::npos || !is_this_process(variable("LEAT_FAIL_PROCESS"))) return result;
  result.call_name = text.substr(0, first);
  result.nth = static_cast<unsigned>(std::strtoul(text.c_str() + first + 1, nullptr, 10));
  std::string const how = text.substr(second + 1);
  result.how = how == "short"    ? effect::short_write
               : how == "full"   ? effect::full
               : how == "torn"   ? effect::torn
               : how == "kill"   ? effect::kill
               : how == "killed" ? effect::kill_behind
               : how == "power"  ? effect::power
                                 : effect::error;
  result.error = how == "EINTR" ? EINTR : how == "EIO" ? EIO : ENOSPC;
  return result;
}

/// The program's threads begin behind main, by which the variables of the environment have been read.
wish const asked = read_wish();
std::array<std::atomic<unsigned>, call_names.size()> calls{};
std::atomic<bool> disk_is_full{false};

void note(std::string const& text) {
  if (asked.log.empty()) return;
  long const opened =
      ::syscall(SYS_openat, AT_FDCWD, asked.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  ::syscall(SYS_write, opened, text.data(), text.size());
  ::syscall(SYS_close, opened);
}

std::string path_of(int descriptor) {
  char path[4096];
  ssize_t const length = ::readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : std::string();
}

std::string path_of(char const* path) {
  if (path[0] == '/') return path;
  char directory[4096];
  return ::getcwd(directory, sizeof directory) == nullptr ? std::string() : std::string(directory) + "/" + path;
}

void die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

/// What was written into a file, or cut off, and is not known to be on the disk.
struct change {
  std::string path;
  std::uint64_t at = 0;
  std::string before;
  std::string behind;
  std::uint64_t size_before = 0;
  std::uint64_t size_behind = 0;
};
std::mutex changing;
std::vector<change>& changes() {
  static auto* const result = new std::vector<change>;  // other threads write while the program ends
  return *result;
}

/// Before the call.
void remember(int of, std::uint64_t at, std::string behind, std::optional<std::uint64_t> cut_to = {}) {
  std::string path = path_of(of);
  if (asked.how != effect::power || !path.starts_with(asked.directory)) return;
  struct stat found{};
  ::fstat(of, &found);
  auto const size = static_cast<std::uint64_t>(found.st_size);
  std::uint64_t const behind_last = cut_to ? size : std::min(size, at + behind.size());
  std::string before(behind_last > at ? behind_last - at : 0, '\0');
  // A second descriptor of the file, once closed, takes with it every lock that the process holds upon the file. Who
  // locks a file here (SQLite) reads it, too, so the descriptor at hand serves; what is only written has no lock.
  if (::syscall(SYS_pread64, of, before.data(), before.size(), at) < 0) {
    int const reader = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC));
    ::syscall(SYS_pread64, reader, before.data(), before.size(), at);
    ::syscall(SYS_close, reader);
  }
  std::lock_guard const lock(changing);
  std::uint64_t const size_behind = cut_to ? *cut_to : std::max<std::uint64_t>(size, at + behind.size());
  changes().push_back({std::move(path), at, std::move(before), std::move(behind), size, size_behind});
}

int note_synced(int of, int result) {
  std::lock_guard const lock(changing);
  if (result == 0 && !changes().empty())
    std::erase_if(changes(), [path = path_of(of)](change const& each) { return each.path == path; });
  return result;
}

/// Every change is taken back, and some sectors of some are made again.
void lose_power() {
  std::lock_guard const lock(changing);
  std::minstd_rand chance(asked.nth);
  auto const in_file = [](change const& each, auto f) {
    int const file = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, each.path.c_str(), O_RDWR | O_CLOEXEC));
    if (file >= 0) f(file);  // else it has been removed
    ::syscall(SYS_close, file);
  };
  for (auto each = changes().rbegin(); each != changes().rend(); ++each)
    in_file(*each, [&](int file) {
      ::syscall(SYS_ftruncate, file, each->size_before);
      ::syscall(SYS_pwrite64, file, each->before.data(), each->before.size(), each->at);
    });
  constexpr std::size_t sector = 512;
  for (change const& each : changes())
    in_file(each, [&](int file) {
      if (each.behind.empty() && chance() % 2 == 0) ::syscall(SYS_ftruncate, file, each.size_behind);
      for (std::size_t from = 0; from < each.behind.size();) {
        std::size_t const size = std::min(sector - (each.at + from) % sector, each.behind.size() - from);
        if (chance() % 2 == 0) ::syscall(SYS_pwrite64, file, each.behind.data() + from, size, each.at + from);
        from += size;
      }
    });
  die();
}

/// What is to come of this call, if it is the one that was asked for.
template <class File>
effect effect_on(call of, File file) {
  if (asked.directory.empty()) return effect::none;
  int const kept = errno;
  std::string const path = path_of(file);
  errno = kept;
  if (!path.starts_with(asked.directory)) return effect::none;
  auto const index = static_cast<std::size_t>(of);
  unsigned const number = calls[index].fetch_add(1) + 1;
  bool const writes = of == call::write || of == call::pwrite;
  if (writes && disk_is_full) return effect::error;
  if (asked.call_name != call_names[index] || number != asked.nth) return effect::none;
  note("failed " + path + "\n");
  if (asked.how == effect::kill) die();
  if (asked.how == effect::power) lose_power();
  if (asked.how == effect::full) disk_is_full = true;
  return asked.how;
}

/// `run` makes the call, of which a part can be asked for.
template <class File, class F>
long do_call(call of, File file, std::size_t size, F&& run) {
  effect const how = effect_on(of, file);
  if (how == effect::none) return run(size);
  if (how == effect::error) {
    errno = asked.error;
    return -1;
  }
  long const result = run(how == effect::kill_behind ? size : size / 2);
  if (how == effect::torn || how == effect::kill_behind) die();
  return result;
}

template <class File, class F>
int do_call(call of, File file, F&& run) {
  return static_cast<int>(do_call(of, file, 0, [&](std::size_t) { return run(); }));
}

int open_file(char const* path, int flags, va_list more) {
  unsigned const mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, unsigned) : 0;
  return do_call(call::open, path, [&] { return ::syscall(SYS_openat, AT_FDCWD, path, flags, mode); });
}

[[gnu::destructor]] void tell_counts() {
  std::string text;
  for (std::size_t i = 0; i != call_names.size(); ++i)
    text += std::string(call_names[i]) + " " + std::to_string(calls[i].load()) + "\n";
  note(text);
}

}  // namespace

extern "C" {

int open(char const* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int const result = open_file(path, flags, more);
  va_end(more);
  return result;
}

int open64(char const* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int const result = open_file(path, flags, more);
  va_end(more);
  return result;
}

ssize_t read(int from, void* to, std::size_t most) {
  return do_call(call::read, from, most, [&](std::size_t part) { return ::syscall(SYS_read, from, to, part); });
}

ssize_t pread64(int from, void* to, std::size_t most, off64_t at) {
  return do_call(call::pread, from, most, [&](std::size_t part) { return ::syscall(SYS_pread64, from, to, part, at); });
}
ssize_t pread(int from, void* to, std::size_t most, off_t at) { return pread64(from, to, most, at); }

ssize_t write(int to, void const* from, std::size_t size) {
  return do_call(call::write, to, size, [&](std::size_t part) {
    off_t const at = ::lseek(to, 0, SEEK_CUR);
    if (at >= 0) remember(to, static_cast<std::uint64_t>(at), std::string(static_cast<char const*>(from), part));
    return ::syscall(SYS_write, to, from, part);
  });
}

ssize_t pwrite64(int to, void const* from, std::size_t size, off64_t at) {
  return do_call(call::pwrite, to, size, [&](std::size_t part) {
    remember(to, static_cast<std::uint64_t>(at), std::string(static_cast<char const*>(from), part));
    return ::syscall(SYS_pwrite64, to, from, part, at);
  });
}
ssize_t pwrite(int to, void const* from, std::size_t size, off_t at) { return pwrite64(to, from, size, at); }

int fsync(int of) {
  return note_synced(of, do_call(call::fsync, of, [&] { return ::syscall(SYS_fsync, of); }));
}

int fdatasync(int of) {
  return note_synced(of, do_call(call::fdatasync, of, [&] { return ::syscall(SYS_fdatasync, of); }));
}

int ftruncate64(int of, off64_t size) noexcept {
  return do_call(call::ftruncate, of, [&] {
    remember(of, static_cast<std::uint64_t>(size), std::string(), static_cast<std::uint64_t>(size));
    return ::syscall(SYS_ftruncate, of, size);
  });
}
int ftruncate(int of, off_t size) noexcept { return ftruncate64(of, size); }

int unlink(char const* path) noexcept {
  return do_call(call::unlink, path, [&] { return ::syscall(SYS_unlinkat, AT_FDCWD, path, 0); });
}

int rename(char const* from, char const* to) noexcept {
  return do_call(call::rename, from, [&] { return ::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0); });
}

}  // extern "C"
