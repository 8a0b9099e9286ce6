// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/detail/write_all.hpp>
#include <leat/from/source.hpp>
#include <leat/to/output_file.hpp>

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

LEAT_INLINE void refuse_to_write(std::string const& path, std::string const& reason) {
  throw std::runtime_error(concat({"cannot write \"", shown(path, path.size()), "\": ", reason}));
}

LEAT_INLINE std::string reason_not_to_write(int error) {
  if (error == EISDIR) return "it is a directory; to write several files into it use to::files";
  if (error == EPIPE) return "Broken pipe: its reader has gone";
  return std::generic_category().message(error);
}

LEAT_INLINE void check_writable(std::string const& path) {
  struct stat facts{};
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

LEAT_INLINE output_file::output_file(std::string path, std::optional<std::uint64_t> resume,
                                     step_services const& services)
    : path_(std::move(path)), services_(services), position_(resume.value_or(0)), resumed_(resume.has_value()) {
  open();
}

LEAT_INLINE output_file::~output_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

LEAT_INLINE bool output_file::ready() {
  if (descriptor_ < 0) open();
  return descriptor_ >= 0 || services_.stopping();
}

LEAT_INLINE void output_file::write_when_full() {
  if (pending_.size() >= buffer_size) write();
}

LEAT_INLINE void output_file::flush() {
  write();
  if (!regular_ || !std::exchange(unchecked_, false)) return;
  if (int const error = close_copy_of(descriptor_); error != 0) refuse_to_write(path_, reason_not_to_write(error));
}

LEAT_INLINE void output_file::write() {
  if (descriptor_ < 0 && pending_.empty()) return;
  if (descriptor_ < 0) refuse_to_write(path_, "the run was stopped while nobody read this named pipe");
  if (!begun_) begin();
  std::string_view rest = pending_;
  int const error = write_all(descriptor_, rest);
  if (error != 0) refuse_to_write(path_, reason_not_to_write(error));
  unchecked_ = unchecked_ || !pending_.empty();
  position_ += pending_.size();
  pending_.clear();
}

LEAT_INLINE void output_file::open() {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
  int const error = errno;
  struct stat facts{};
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

LEAT_INLINE void output_file::begin() {
  begun_ = true;
  auto const end = static_cast<off_t>(position_);
  if (regular_ && (::ftruncate(descriptor_, end) != 0 || ::lseek(descriptor_, end, SEEK_SET) < 0))
    refuse_to_write(path_, reason_not_to_write(errno));
}

LEAT_INLINE void output_file::close_and_refuse(std::string const& reason) {
  ::close(std::exchange(descriptor_, -1));
  refuse_to_write(path_, reason);
}

}  // namespace leat::detail
