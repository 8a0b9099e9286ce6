// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <utility>

namespace leat::detail {

/// A file without a name, which is gone when the process is, made when something is first written. What is written is
/// read by the same thread, which waits for the disk meanwhile. Throws std::runtime_error where that cannot be done.
class scratch_file {
 public:
  explicit scratch_file(char const* directory) : directory_(directory) {}
  scratch_file(scratch_file const&) = delete;
  scratch_file& operator=(scratch_file const&) = delete;
  ~scratch_file() {
    if (file_ != nullptr) std::fclose(file_);
  }

  /// Returns where it lies.
  std::uint64_t append(std::span<std::byte const> bytes) {
    if (file_ == nullptr) open();
    if (::fseeko(file_, static_cast<off_t>(end_), SEEK_SET) != 0 ||
        std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size() || std::fflush(file_) != 0)
      refuse("written");
    return std::exchange(end_, end_ + bytes.size());
  }

  void read(std::uint64_t at, std::span<std::byte> into) {
    if (::fseeko(file_, static_cast<off_t>(at), SEEK_SET) != 0 ||
        std::fread(into.data(), 1, into.size(), file_) != into.size())
      refuse("read");
  }

  /// Nothing of it is needed any more: its room goes back to the file system.
  void clear() {
    end_ = 0;
    if (::ftruncate(::fileno(file_), 0) != 0) refuse("emptied");
  }

 private:
  /// Programs that a step starts do not inherit it.
  void open() {
    std::string name = concat({directory_, "/leat-XXXXXX"});
    int const descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0) refuse("made");
    bool const nameless = ::unlink(name.c_str()) == 0;
    file_ = nameless ? ::fdopen(descriptor, "w+b") : nullptr;
    if (file_ != nullptr) return;
    ::close(descriptor);
    refuse("made");
  }

  [[noreturn, gnu::cold]] void refuse(char const* what) const {
    char const* const why = std::strerror(errno);
    throw std::runtime_error(concat({"records that found no room were to be put aside, but a temporary file cannot be ", what,
                                     " in ", directory_, ": ", why}));
  }

  char const* directory_;
  std::FILE* file_ = nullptr;
  std::uint64_t end_ = 0;
};

}  // namespace leat::detail
