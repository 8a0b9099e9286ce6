// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/write_all.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/run/files.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace leat::detail {

inline file_facts facts_of(struct stat const& found) {
  file_facts result;
  result.kind = S_ISREG(found.st_mode)    ? file_kind::regular
                : S_ISDIR(found.st_mode)  ? file_kind::directory
                : S_ISFIFO(found.st_mode) ? file_kind::pipe
                : S_ISBLK(found.st_mode)  ? file_kind::disk
                                          : file_kind::other;
  result.size = static_cast<std::uint64_t>(found.st_size);
  result.device = found.st_dev;
  result.number = found.st_ino;
  return result;
}

class machine_file_system final : public file_system {
 public:
  file_facts facts(std::string const& path, file_use use) override {
    struct stat found{};
    int const standard = use == file_use::write ? STDOUT_FILENO : STDIN_FILENO;
    if ((path == "-" ? ::fstat(standard, &found) : ::stat(path.c_str(), &found)) == 0) return facts_of(found);
    file_facts result;
    result.error = errno;
    if (result.error == ENOENT && ::lstat(path.c_str(), &found) == 0) result.kind = file_kind::broken_link;
    return result;
  }

  int obstacle(std::string const& path, file_use use) override {
    if (path == "-" && use == file_use::read) return obstacle_to_standard_input();
    file_facts const known = facts(path == "-" ? "./-" : path, use);
    if (known.kind == file_kind::broken_link) return use == file_use::write ? 0 : known.error;  // opening makes its end
    if (known.error == ENOENT && use == file_use::write) {
      std::size_t const slash = path.rfind('/');
      return access(slash == std::string::npos ? "." : path.substr(0, slash + 1), W_OK | X_OK);
    }
    if (known.error != 0) return known.error;
    if (known.kind == file_kind::directory) return EISDIR;
    return access(path, use == file_use::write ? W_OK : R_OK);
  }

  std::string place(std::string const& path) override {
    if (std::string found = real_path(path); !found.empty()) return found;
    std::size_t const slash = path.rfind('/');
    std::string const directory = real_path(slash == std::string::npos ? "." : path.substr(0, slash + 1));
    return directory.empty() ? directory : directory + "/" + path.substr(slash + 1);
  }

  int list(std::string const& directory, std::vector<std::string>& names) override {
    struct closed_in_the_end {
      DIR* open;
      ~closed_in_the_end() {
        if (open != nullptr) ::closedir(open);
      }
    } const listed{::opendir(directory.c_str())};
    if (listed.open == nullptr) return errno;
    errno = 0;
    while (dirent const* entry = ::readdir(listed.open)) {
      names.push_back(std::string(entry->d_name));
      errno = 0;
    }
    return errno;
  }

  int make_directory(std::string const& path) override { return ::mkdir(path.c_str(), 0777) != 0 ? errno : 0; }

  int open(std::string const& path, file_use use, int& handle) override {
    bool const written = use == file_use::write;
    if (path == "-" && !written) {
      handle = STDIN_FILENO;
      return 0;
    }
    // Not to wait for the other end of a named pipe; a regular file takes no notice of the flag.
    int const mode = written ? O_WRONLY | O_CREAT | O_NOCTTY : O_RDONLY;
    int const opened = ::open(path.c_str(), mode | O_CLOEXEC | O_NONBLOCK, 0666);
    if (opened < 0) return errno;
    if (written) {
      ::fcntl(opened, F_SETFL, ::fcntl(opened, F_GETFL) & ~O_NONBLOCK);
      // A file system that knows no locks is no reason not to write.
      bool const lockable = facts(opened).kind == file_kind::regular;
      if (lockable && ::flock(opened, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        ::close(opened);
        return EWOULDBLOCK;
      }
    }
    handle = opened;
    return 0;
  }

  int open_scratch(std::string const& directory, int& handle) override {
    std::string name = directory + "/leat-XXXXXX";
    int const opened = ::mkostemp(name.data(), O_CLOEXEC);  // programs that a step starts do not inherit it
    if (opened < 0) return errno;
    if (::unlink(name.c_str()) != 0) {
      int const error = errno;
      ::close(opened);
      return error;
    }
    handle = opened;
    return 0;
  }

  void close(int handle) override {
    if (handle > STDERR_FILENO) ::close(handle);
  }

  file_facts facts(int handle) override {
    struct stat found{};
    if (::fstat(handle, &found) == 0) return facts_of(found);
    file_facts result;
    result.error = errno;
    return result;
  }

  bool readable(int handle) override {
    pollfd asked{handle, POLLIN, 0};
    return ::poll(&asked, 1, 0) > 0;
  }

  outcome read(int handle, char* to, std::size_t most) override {
    ssize_t const count = ::read(handle, to, most);
    if (count >= 0) return {static_cast<std::size_t>(count), 0};
    return {0, errno == EINTR || errno == EWOULDBLOCK ? EAGAIN : errno};
  }

  int write(int handle, std::string_view bytes) override { return write_all(handle, bytes); }

  std::uint64_t position(int handle) override {
    off_t const at = ::lseek(handle, 0, SEEK_CUR);
    return at > 0 ? static_cast<std::uint64_t>(at) : 0;
  }

  int seek(int handle, std::uint64_t position) override {
    return ::lseek(handle, static_cast<off_t>(position), SEEK_SET) < 0 ? errno : 0;
  }

  int truncate(int handle, std::uint64_t size) override {
    return ::ftruncate(handle, static_cast<off_t>(size)) != 0 ? errno : 0;
  }

  int late_error(int handle) override { return close_copy_of(handle); }

  int sync(int handle) override { return ::fsync(handle) != 0 ? errno : 0; }

  int sync_name(std::string const& path) override {
    std::size_t const slash = path.rfind('/');
    std::string const directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    int const opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return errno;
    // A file system that does not know this keeps names in another way.
    int const error = ::fsync(opened) != 0 && errno != EINVAL ? errno : 0;
    ::close(opened);
    return error;
  }

  /// In the list of all locks (proc_locks(5)): to ask the file itself one would have to open it, and to close it again
  /// would give up the locks that this process has on it.
  long process_with_lock(std::string const& path) override {
    struct ::stat file{};
    if (::stat(path.c_str(), &file) != 0) return 0;
    std::FILE* const locks = std::fopen("/proc/locks", "re");
    if (locks == nullptr) return 0;
    long found = 0;
    // "1: POSIX  ADVISORY  WRITE 4711 fe:00:131075 1073741824 1073742335"
    for (char line[256]; found == 0 && std::fgets(line, sizeof line, locks) != nullptr;) {
      long process = 0;
      unsigned long inode = 0;
      if (std::sscanf(line, "%*d: %*s %*s %*s %ld %*x:%*x:%lu", &process, &inode) == 2 && inode == file.st_ino &&
          process > 0 && process != ::getpid())
        found = process;
    }
    std::fclose(locks);
    return found;
  }

 private:
  static std::string real_path(std::string const& path) {
    char* const found = ::realpath(path.c_str(), nullptr);
    std::string result = found == nullptr ? std::string() : std::string(found);
    ::free(found);
    return result;
  }

  static int access(std::string const& path, int rights) {
    return ::faccessat(AT_FDCWD, path.c_str(), rights, AT_EACCESS) == 0 ? 0 : errno;
  }

  /// While a flow runs something that cannot be read stands in the place of a standard input that is closed.
  int obstacle_to_standard_input() {
    int const mode = ::fcntl(STDIN_FILENO, F_GETFL);
    if (mode < 0 || (mode & O_PATH) != 0) return EBADF;
    if ((mode & O_ACCMODE) == O_WRONLY) return EACCES;
    file_facts const known = facts(STDIN_FILENO);
    return known.kind == file_kind::directory ? EISDIR : known.error;
  }
};

LEAT_INLINE file_system& machine_files() {
  static machine_file_system files;
  return files;
}

}  // namespace leat::detail
