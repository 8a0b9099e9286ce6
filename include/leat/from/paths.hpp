// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/op/running/file_range.hpp>
#include <leat/op/running/file_system.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// The file's own name, without the directories that lead to it.
std::string base_name(std::string const& path);

/// The files that a source reads, each a partition, or several that share it: given one by one, or found in a directory
/// when the run begins.
class paths {
 public:
  explicit paths(std::vector<std::string> files) : files_(std::move(files)) {}
  paths(std::string directory, std::string glob) : directory_(std::move(directory)), glob_(std::move(glob)) {}

  /// The same files, each shared by so many partitions, by blocks of so many bytes. Throws flow_error.
  [[gnu::cold]] paths in_ranges(std::uint64_t count, std::uint64_t block) const;

  /// The partitions' names: paths as they were given, or the names of the files in the directory. Throws
  /// std::runtime_error with a sentence.
  [[gnu::cold]] std::vector<std::string> list_parts(file_system& files) const;

  /// Whether it is one file, given by its name.
  bool single() const { return glob_.empty() && files_.size() == 1; }

  /// A file that has an end, as a pipe need not.
  bool regular(std::string const& part, file_system& files) const;

  /// Throws what opening it would throw, as far as that can be known without opening it.
  [[gnu::cold]] void check_part(std::string const& part, file_system& files) const;

  std::string path_of(std::string const& part) const {
    std::string const name = ranges_.whole() ? part : file_of_name(part);
    return glob_.empty() ? name : concat({directory_, "/", name});
  }
  file_range range_of(std::string const& part) const { return ranges_.whole() ? file_range() : range_of_name(part); }

 private:
  [[noreturn, gnu::cold]] void fail(std::string const& reason) const;

  /// A directory is, and what has been taken away since its name was read. A file about which nothing can be learnt is
  /// not: the error that opening it gives names it.
  bool is_left_out(std::string const& name, file_system& files) const;

  [[gnu::cold]] std::vector<std::string> names_in_directory(file_system& files) const;

  std::vector<std::string> files_;
  std::string directory_;
  std::string glob_;
  file_range ranges_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/from/paths.ipp>
#endif
