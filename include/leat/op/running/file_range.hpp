// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace leat::detail {

/// What a partition has of a file that several partitions share. The file is cut into blocks of equal size, which the
/// partitions take in turn: of four the second has the blocks 1, 5, 9 ... So nobody has to know how long the file is,
/// and none of them changes when it grows (decision 049). A record belongs to the block in which it begins.
struct file_range {
  static constexpr std::uint64_t usual_block = std::uint64_t{1} << 20;

  std::uint64_t number = 0;           ///< of the partition, from 0
  std::uint64_t count = 1;            ///< of the partitions; 1: it has the whole file
  std::uint64_t block = usual_block;  ///< in bytes

  bool whole() const { return count == 1; }
  bool owns(std::uint64_t byte) const { return byte / block % count == number; }
  /// Of the block that the byte is in: the first byte behind it.
  std::uint64_t end_of_block(std::uint64_t byte) const { return (byte / block + 1) * block; }
  /// The begin of the first block of its own behind the one that the byte is in.
  std::uint64_t next_block(std::uint64_t byte) const {
    std::uint64_t const at = byte / block;
    std::uint64_t const ahead = (number + count - at % count) % count;
    return (at + (ahead == 0 ? count : ahead)) * block;
  }
};

/// The name of such a partition: `big.txt[2/4x1048576]` is the second of four, by blocks of a MiB. It says all that
/// the position of the partition depends on.
[[gnu::cold]] std::string name_of_range(std::string const& file, file_range const& range);
/// What a name says; the whole file, where it is no name of a range.
[[gnu::cold]] file_range range_of_name(std::string_view name);
/// The file that a name stands for: the name itself, where it is no name of a range.
[[gnu::cold]] std::string file_of_name(std::string_view name);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/op/running/file_range.ipp>
#endif
