// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>

#include <fcntl.h>
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

/// A file that is written from the beginning, or on from a position: what stands behind that is cut off.
class output_file {
 public:
  output_file(std::string path, std::optional<std::uint64_t> resume) : path_(std::move(path)) {
    int const overwrite = resume ? 0 : O_TRUNC;
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | overwrite, 0666);
    if (descriptor_ < 0 && errno == EISDIR) fail("it is a directory; to write several files into it use to::files");
    if (descriptor_ < 0) fail(std::generic_category().message(errno));
    if (resume && !cut_off_behind(*resume)) close_and_fail(std::generic_category().message(errno));
  }
  output_file(output_file const&) = delete;
  output_file& operator=(output_file const&) = delete;
  ~output_file() { ::close(descriptor_); }

  /// Text to be appended; `write_when_full` after each record, `flush` in the end.
  std::string& pending() { return pending_; }
  void write_when_full() {
    if (pending_.size() >= buffer_size) flush();
  }

  /// Hands everything to the operating system. Throws std::runtime_error when it does not take it.
  void flush() {
    std::string_view rest = pending_;
    while (!rest.empty()) {
      ssize_t const count = ::write(descriptor_, rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail(std::generic_category().message(errno));
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    position_ += pending_.size();
    pending_.clear();
  }

  /// Bytes in the file, what is pending included.
  std::uint64_t position() const { return position_ + pending_.size(); }

 private:
  static constexpr std::size_t buffer_size = std::size_t{64} << 10;

  /// A file that is shorter than the position has lost what was written before.
  bool cut_off_behind(std::uint64_t position) {
    struct stat facts{};
    if (::fstat(descriptor_, &facts) != 0) return false;
    if (static_cast<std::uint64_t>(facts.st_size) < position)
      close_and_fail(concat({"it is to be resumed at byte ", std::to_string(position), ", but has only ",
                             std::to_string(facts.st_size), " bytes"}));
    position_ = position;
    return ::ftruncate(descriptor_, static_cast<off_t>(position)) == 0 &&
           ::lseek(descriptor_, static_cast<off_t>(position), SEEK_SET) >= 0;
  }

  [[noreturn, gnu::cold]] void fail(std::string const& reason) const {
    throw std::runtime_error(concat({"cannot write \"", path_, "\": ", reason}));
  }
  [[noreturn, gnu::cold]] void close_and_fail(std::string const& reason) const {
    ::close(descriptor_);
    fail(reason);
  }

  std::string path_;
  int descriptor_ = -1;
  std::string pending_;
  std::uint64_t position_ = 0;
};

}  // namespace leat::detail
