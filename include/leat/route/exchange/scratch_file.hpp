// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/file_system.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace leat::detail {

/// A file without a name, which is gone when the process is, made when something is first written. What is written is
/// read by the same thread, which waits for the disk meanwhile. Throws std::runtime_error where that cannot be done.
class scratch_file {
 public:
  /// In a directory whose name lives as long.
  scratch_file(file_system& files, char const* directory) : files_(files), directory_(directory) {}

  /// Returns where it lies.
  std::uint64_t append(std::span<std::byte const> bytes);

  void read(std::uint64_t at, std::span<std::byte> into);

  /// Nothing of it is needed any more: its room goes back to the file system.
  void clear();

 private:
  void require(int error, char const* done) const {
    if (error != 0) [[unlikely]]
      refuse(error, done);
  }
  [[noreturn, gnu::cold]] void refuse(int error, char const* done) const;

  file_system& files_;
  char const* directory_;
  open_file file_;
  std::uint64_t end_ = 0;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/exchange/scratch_file.ipp>
#endif
