// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/detail/write_all.hpp>
#include <leat/from/source.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace leat::detail {

[[noreturn, gnu::cold]] inline void refuse_to_write(std::string const& path, std::string const& reason) {
  throw std::runtime_error(concat({"cannot write \"", shown(path, path.size()), "\": ", reason}));
}
inline std::string reason_not_to_write(int error) {
  if (error == EISDIR) return "it is a directory; to write several files into it use to::files";
  if (error == EPIPE) return "Broken pipe: its reader has gone";
  return std::generic_category().message(error);
}

/// Throws what opening the file would throw, as far as that can be known without opening it.
[[gnu::cold]] inline void check_writable(std::string const& path) {
  struct stat facts {};
  int error = ::stat(path.c_str(), &facts) == 0 ? 0 : errno;
  if (error == 0 && S_ISDIR(facts.st_mode)) error = EISDIR;
  if (error == 0 && ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) error = errno;
  if (error == ENOENT && ::lstat(path.c_str(), &facts) != 0) {  // else it is a link to what opening will make
    std::size_t const slash = path.rfind('/');
    std::string const directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    error = ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
  } else if (error == ENOENT) {
    error = 0;
  }
  if (error != 0) refuse_to_write(path, reason_not_to_write(error));
}

/// A file that is written from the beginning, or on from a position. What stands behind that is cut off when something
/// is written for the first time, or the first epoch ends: a run that fails before leaves the file as it was. While it is
/// open no other sink, of this machine, can write it. A named pipe is waited for until somebody reads it.
class output_file {
 public:
  output_file(std::string path, std::optional<std::uint64_t> resume, step_services const& services)
      : path_(std::move(path)), services_(services), position_(resume.value_or(0)), resumed_(resume.has_value()) {
    open();
  }
  output_file(output_file const&) = delete;
  output_file& operator=(output_file const&) = delete;
  ~output_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  /// False: nobody reads the named pipe yet, ask again. Nobody is waited for once the run is to stop.
  bool ready() {
    if (descriptor_ < 0) open();
    return descriptor_ >= 0 || services_.stopping();
  }

  bool is_open() const { return descriptor_ >= 0; }

  /// Text to be appended; `write_when_full` after each record, `flush` in the end.
  std::string& pending() { return pending_; }
  void write_when_full() {
    if (pending_.size() >= buffer_size) flush();
  }

  /// Hands everything to the operating system. Throws std::runtime_error when it does not take it.
  void flush() {
    if (descriptor_ < 0 && pending_.empty()) return;
    if (descriptor_ < 0) refuse_to_write(path_, "the run was stopped while nobody read this named pipe");
    if (!begun_) begin();
    std::string_view rest = pending_;
    int const error = write_all(descriptor_, rest);
    if (error != 0) refuse_to_write(path_, reason_not_to_write(error));
    position_ += pending_.size();
    pending_.clear();
  }

  /// Bytes in the file, what is pending included.
  std::uint64_t position() const { return position_ + pending_.size(); }

 private:
  static constexpr std::size_t buffer_size = std::size_t{64} << 10;

  /// Does not wait for the reader of a named pipe.
  [[gnu::cold]] void open() {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    int const error = errno;
    struct stat facts {};
    bool const without_reader =
        descriptor_ < 0 && error == ENXIO && ::stat(path_.c_str(), &facts) == 0 && S_ISFIFO(facts.st_mode);
    if (without_reader) return;
    if (descriptor_ < 0) refuse_to_write(path_, reason_not_to_write(error));
    ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) & ~O_NONBLOCK);
    if (::fstat(descriptor_, &facts) != 0) close_and_refuse(reason_not_to_write(errno));
    regular_ = S_ISREG(facts.st_mode);
    // A file system that knows no locks is no reason not to write.
    if (regular_ && ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      close_and_refuse("another output, of this run or of another program, is writing it");
    // One that is shorter than the position has lost what was written before.
    if (resumed_ && static_cast<std::uint64_t>(facts.st_size) < position_)
      close_and_refuse(concat({"it is to be resumed at byte ", std::to_string(position_), ", but has only ",
                               std::to_string(facts.st_size), " bytes"}));
  }

  [[gnu::cold]] void begin() {
    begun_ = true;
    auto const end = static_cast<off_t>(position_);
    if (regular_ && (::ftruncate(descriptor_, end) != 0 || ::lseek(descriptor_, end, SEEK_SET) < 0))
      refuse_to_write(path_, reason_not_to_write(errno));
  }

  [[noreturn, gnu::cold]] void close_and_refuse(std::string const& reason) {
    ::close(std::exchange(descriptor_, -1));
    refuse_to_write(path_, reason);
  }

  std::string path_;
  step_services services_;
  int descriptor_ = -1;
  bool regular_ = false;
  bool begun_ = false;
  std::string pending_;
  std::uint64_t position_;
  bool resumed_;
};

}  // namespace leat::detail
