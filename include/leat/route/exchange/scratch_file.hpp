// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>

namespace leat::detail {

/// A file without a name, which is gone when the process is, made when something is first written. What is written is
/// read by the same thread, which waits for the disk meanwhile. Throws std::runtime_error where that cannot be done.
class scratch_file {
 public:
  explicit scratch_file(char const* directory) : directory_(directory) {}
  scratch_file(scratch_file const&) = delete;
  scratch_file& operator=(scratch_file const&) = delete;
  ~scratch_file();

  /// Returns where it lies.
  std::uint64_t append(std::span<std::byte const> bytes);

  void read(std::uint64_t at, std::span<std::byte> into);

  /// Nothing of it is needed any more: its room goes back to the file system.
  void clear();

 private:
  /// Programs that a step starts do not inherit it.
  void open();

  [[noreturn, gnu::cold]] void refuse(char const* what) const;

  char const* directory_;
  std::FILE* file_ = nullptr;
  std::uint64_t end_ = 0;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/exchange/scratch_file.ipp>
#endif
