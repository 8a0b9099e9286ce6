// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/from/input_file.hpp>
#include <leat/from/source.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace leat::detail {

LEAT_INLINE std::string reason_of(int error) { return std::generic_category().message(error); }

LEAT_INLINE std::string name_of_input(std::string const& path) {
  return path == "-" ? std::string("standard input") : concat({"\"", shown(path, path.size()), "\""});
}

LEAT_INLINE void refuse_to_read(std::string const& path, std::string const& reason) {
  throw std::runtime_error(concat({"cannot read ", name_of_input(path), ": ", reason}));
}

LEAT_INLINE void check_readable(std::string const& path) {
  struct stat facts{};
  if (path == "-") {
    // While a flow runs something that cannot be read stands in the place of a standard input that is closed.
    int const flags = ::fcntl(STDIN_FILENO, F_GETFL);
    if (flags < 0 || (flags & O_PATH) != 0) refuse_to_read(path, "it is closed");
    if ((flags & O_ACCMODE) == O_WRONLY) refuse_to_read(path, "it is open for writing only");
  }
  if ((path == "-" ? ::fstat(STDIN_FILENO, &facts) : ::stat(path.c_str(), &facts)) != 0)
    refuse_to_read(path, reason_of(errno));
  if (S_ISDIR(facts.st_mode)) refuse_to_read(path, "it is a directory; to read the files in it use from::files");
  if (path != "-" && ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) refuse_to_read(path, reason_of(errno));
}

LEAT_INLINE input_file::input_file(std::string path, step_services const& services, std::size_t longest)
    : path_(std::move(path)), services_(services), longest_(longest) {
  open();
}

LEAT_INLINE input_file::~input_file() {
  if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

LEAT_INLINE void input_file::consume(std::size_t bytes) {
  begin_ += bytes;
  position_ += bytes;
}

LEAT_INLINE void input_file::seek(std::uint64_t position) {
  if (!regular_)
    throw std::runtime_error(concat(
        {name(), " cannot be resumed at byte ", std::to_string(position), ": only a regular file can be read again"}));
  struct stat facts{};
  if (::fstat(descriptor_, &facts) != 0) fail(errno);
  if (static_cast<std::uint64_t>(facts.st_size) < position)
    throw std::runtime_error(concat({"cannot resume ", name(), " at byte ", std::to_string(position), ": it has only ",
                                     std::to_string(facts.st_size), " bytes now"}));
  if (::lseek(descriptor_, static_cast<off_t>(position), SEEK_SET) < 0) fail(errno);
  begin_ = end_ = 0;
  position_ = position;
}

LEAT_INLINE input_file::got input_file::read_more() {
  waiting_ = false;
  if (!regular_ && !can_be_read_now()) return wait();
  make_room();
  ssize_t const count = ::read(descriptor_, buffer_.get() + end_, capacity_ - end_);
  if (count > 0) {
    end_ += static_cast<std::size_t>(count);
    if (position_ == 0) refuse_utf_16();
    return got::bytes;
  }
  if (count == 0) return got::end;
  if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) return wait();
  fail(errno);
}

LEAT_INLINE void input_file::open() {
  check_readable(path_);
  // Not to wait for a named pipe's writer; a regular file takes no notice of the flag.
  descriptor_ = path_ == "-" ? STDIN_FILENO : ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) fail(errno);
  struct stat facts{};
  regular_ = ::fstat(descriptor_, &facts) == 0 && S_ISREG(facts.st_mode);
  if (regular_ && path_ == "-") {
    off_t const at = ::lseek(descriptor_, 0, SEEK_CUR);
    position_ = at > 0 ? static_cast<std::uint64_t>(at) : 0;
  }
}

LEAT_INLINE void input_file::refuse_utf_16() const {
  std::string_view const first = unread().substr(0, 2);
  if (first == "\xFF\xFE" || first == "\xFE\xFF")
    refuse_to_read(path_, "it is text in UTF-16; leat reads UTF-8: convert it, as `iconv -f UTF-16 -t UTF-8` does");
}

LEAT_INLINE bool input_file::can_be_read_now() const {
  pollfd one{descriptor_, POLLIN, 0};
  return ::poll(&one, 1, 0) > 0;
}

LEAT_INLINE input_file::got input_file::wait() {
  waiting_ = true;
  services_.wake_when_readable(descriptor_);
  return got::nothing_yet;
}

LEAT_INLINE void input_file::refuse_length() const {
  throw std::runtime_error(concat({"a record of ", name(), " that begins at byte ", std::to_string(position_),
                                   " is longer than ", std::to_string(longest_), " bytes"}));
}

LEAT_INLINE void input_file::make_room() {
  std::size_t const kept = end_ - begin_;
  if (kept != 0) check_length(kept - 1);  // the last byte may be the CR of its end
  if (capacity_ - kept < read_size / 2) {
    std::size_t const grown = capacity_ == 0 ? read_size : capacity_ * 2;
    std::unique_ptr<char[]> larger(new char[grown]);
    if (kept != 0) std::memcpy(larger.get(), buffer_.get() + begin_, kept);
    buffer_ = std::move(larger);
    capacity_ = grown;
  } else if (begin_ != 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, kept);
  }
  begin_ = 0;
  end_ = kept;
}

}  // namespace leat::detail
